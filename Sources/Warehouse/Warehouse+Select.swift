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
        obstacle: @escaping @Sendable (ImageManifest) async -> String? = { _ in nil }
    ) async throws(WarehouseError) -> ImageSelection {
        let selector = ImageSelector(
            supply: self,
            start: start,
            graph: graph,
            time: time ?? .unknown(graph),
            obstacle: obstacle
        )
        return try await selector.select()
    }
}

extension Warehouse: ImageSupply {
    func ranking(
        hardware: Hardware,
        graph: Graph,
        time: ReadyTime,
        wanted: Int
    ) async throws(WarehouseError) -> ImageRanking {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.withIndex(flag) {
                ImageRanking($0, hardware: hardware, graph: graph, time: time, wanted: wanted)
            }
        }
    }

    func listing(at place: ImagePlace) async throws(WarehouseError) -> ImageListing {
        let catalogue = self.catalogue
        return try await BlockingWork.run { _ throws(WarehouseError) in catalogue.current(place) }
    }

    func listing(named name: String) async throws(WarehouseError) -> ImageListing? {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in try catalogue.listing(named: name, flag) }
    }

    func places(atMost limit: Int) async throws(WarehouseError) -> (some: [ImagePlace], others: Int) {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.withIndex(flag) { index in
                let some = index.someOf(atMost: limit)
                return (some, index.count - some.count)
            }
        }
    }

    func damage(_ image: WarehouseImage) async -> String? {
        let listing = ImageListing(name: image.manifest.name, source: image.source, state: .usable(image))
        guard case .unusable(let reason) = await self.verified(listing).state else { return nil }
        return reason
    }
}
