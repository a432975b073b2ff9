public import DAGModel

/// How an image stands with a request.
public struct ImageExplanation: Sendable, Hashable {
    /// What stops the image; nothing when a machine can be made of it.
    public let misfit: ImageMisfit?
    /// How each step that made it stands with the graph; empty when the image cannot be read.
    public let steps: [HistoryExplanation.Step]
}

extension Warehouse {
    /// Says of an image what stops it from being used for a request, step by step of its history.
    ///
    /// - Parameters:
    ///   - name: The image's name.
    ///   - start: What the machine starts from; what it says of an image does not matter.
    ///   - graph: The actions that the machine needs.
    /// - Returns: How the image stands. An image that is not there is a misfit too.
    /// - Throws: ``WarehouseError`` when the warehouse itself cannot be read.
    public func explain(_ name: String, start: Start, graph: Graph) async throws(WarehouseError) -> ImageExplanation {
        let catalogue = self.catalogue
        let found = try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.listing(named: name, flag)
        }
        guard let found else {
            return ImageExplanation(misfit: ImageMisfit(image: name, reason: .unknown), steps: [])
        }
        return ImageExplanation(await self.verified(found), start: start, graph: graph)
    }
}

extension ImageShelf {
    /// Says of an image of the shelf what stops it from being used, as ``Warehouse/explain(_:start:graph:)`` does.
    ///
    /// - Parameters:
    ///   - name: The image's name.
    ///   - start: What the machine starts from; what it says of an image does not matter.
    ///   - graph: The actions that the machine needs.
    /// - Returns: How the image stands; nothing for one that is not on the shelf.
    public func explain(_ name: String, start: Start, graph: Graph) -> ImageExplanation? {
        guard let listing = try? self.listing(named: name) else { return nil }
        return ImageExplanation(listing, start: start, graph: graph)
    }
}

extension ImageExplanation {
    fileprivate init(_ listing: ImageListing, start: Start, graph: Graph) {
        steps = listing.image.map { graph.explain($0.manifest.history.map(\.step)).steps } ?? []
        if case .failure(let misfit) = ImageSelection.fit(listing, start: start, graph: graph) {
            self.misfit = misfit
        } else {
            misfit = nil
        }
    }
}

extension PerformedAction {
    /// The step as an explanation needs it.
    var step: HistoryStep { HistoryStep(key: self.key, name: self.action, content: self.content) }
}
