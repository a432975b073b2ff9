public import DAGModel

extension Warehouse {
    /// The image that a machine is best cloned from, or why none fits. A damaged image is passed over, with the reason.
    ///
    /// - Parameters:
    ///   - start: what the machine starts from.
    ///   - graph: the actions that it needs.
    ///   - time: what decides between images that fit; without it the one that has the most of the graph done.
    ///   - obstacle: why the host cannot use an image, nothing when it can; asked of the best only.
    /// - Returns: the choice, or every reason why there is none.
    /// - Throws: ``WarehouseError`` when the warehouse itself cannot be read.
    public func select(
        start: Start,
        graph: Graph,
        time: ReadyTime? = nil,
        obstacle: @Sendable (ImageManifest) async -> String? = { _ in nil }
    ) async throws(WarehouseError) -> ImageSelection {
        let catalogue = self.catalogue
        let index = try await BlockingWork.run { flag throws(WarehouseError) in try catalogue.index(flag) }
        return await ImageSelection.select(
            from: index,
            start: start,
            graph: graph,
            time: time ?? .unknown(graph),
            // Only what is to be used is read: one after the other, until the best image is sound or none is left.
            damage: { image in
                if let reason = await obstacle(image.manifest) { return reason }
                return await self.damage(image)
            }
        )
    }

    /// Why an image must not be used, found by reading it; nothing when it is sound.
    private func damage(_ image: WarehouseImage) async -> String? {
        let listing = ImageListing(name: image.manifest.name, source: image.source, state: .usable(image))
        guard case .unusable(let reason) = await self.verified(listing).state else { return nil }
        return reason
    }
}
