public import DAGModel

extension Warehouse {
    /// The image that a machine is best cloned from, or why none fits. A damaged image is passed over, with the reason.
    ///
    /// - Parameter request: what is wanted; only its start and its graph matter here.
    /// - Returns: the choice, or every reason why there is none.
    /// - Throws: ``WarehouseError`` when the warehouse itself cannot be read.
    public func select(for request: Request) async throws(WarehouseError) -> ImageSelection {
        try await self.select(start: request.start, graph: request.graph)
    }

    /// The image that a machine is best cloned from, or why none fits.
    ///
    /// - Parameters:
    ///   - start: what the machine starts from.
    ///   - graph: the actions that it needs.
    /// - Returns: the choice, or every reason why there is none.
    /// - Throws: ``WarehouseError`` when the warehouse itself cannot be read.
    public func select(start: Start, graph: Graph) async throws(WarehouseError) -> ImageSelection {
        var listings = try await self.listings()
        while true {
            let selection = ImageSelection.select(from: listings, start: start, graph: graph)
            // Only what is to be used is read: one after the other, until the best image is sound or none is left.
            guard case .chosen(let choice) = selection,
                let place = listings.firstIndex(where: { $0.image == choice.image })
            else { return selection }
            let verified = await self.verified(listings[place])
            if verified.image != nil { return selection }
            listings[place] = verified
        }
    }
}
