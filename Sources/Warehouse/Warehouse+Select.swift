public import DAGModel

extension Warehouse {
    /// The image that a machine is best cloned from, or why none fits.
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
        ImageSelection.select(from: try await self.images(), start: start, graph: graph)
    }
}
