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
        let listing = await self.verified(found)
        let steps = listing.image.map { graph.explain($0.manifest.history.map(\.step)).steps } ?? []
        guard case .failure(let misfit) = ImageSelection.fit(listing, start: start, graph: graph) else {
            return ImageExplanation(misfit: nil, steps: steps)
        }
        return ImageExplanation(misfit: misfit, steps: steps)
    }
}

extension PerformedAction {
    /// The step as an explanation needs it.
    var step: HistoryStep { HistoryStep(key: self.key, name: self.action, content: self.content) }
}
