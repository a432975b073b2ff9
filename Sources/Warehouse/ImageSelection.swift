public import DAGModel

/// Which image a machine is cloned from, or why none fits; a pure function of the list and the request.
public enum ImageSelection: Sendable, Hashable {
    /// The best image.
    case chosen(ImageChoice)
    /// No image fits: the reason for each that was considered; empty when the warehouse is.
    case refused([ImageMisfit])

    /// Chooses.
    ///
    /// A request that names an image gets that one or none. Otherwise, of all images that fit (also by what is recorded
    /// of the actions done), the one with the most actions of the graph in its history; among equals the one with the smallest disk; then the first by name.
    ///
    /// - Parameters:
    ///   - listings: the images there are.
    ///   - start: what the machine starts from.
    ///   - graph: the actions that it needs.
    /// - Returns: the choice, or every reason why there is none.
    public static func select(from listings: [ImageListing], start: Start, graph: Graph) -> ImageSelection {
        var candidates = listings
        if let name = start.image {
            // Duplicates of a name are listed as unusable; the first of a name is the one that counts.
            guard let named = listings.first(where: { $0.name == name }) else {
                return .refused([ImageMisfit(image: name, reason: .unknown)])
            }
            candidates = [named]
        }
        var best: ImageChoice?
        var misfits: [ImageMisfit] = []
        for listing in candidates {
            switch Self.fit(listing, start: start, graph: graph) {
            case .success(let choice):
                if best.map({ choice.isBetter(than: $0) }) ?? true { best = choice }
            case .failure(let misfit): misfits.append(misfit)
            }
        }
        guard var choice = best else { return .refused(misfits) }
        choice.misfits = misfits
        return .chosen(choice)
    }

    private static func fit(_ listing: ImageListing, start: Start, graph: Graph) -> Result<ImageChoice, ImageMisfit> {
        func misfit(_ reason: ImageMisfit.Reason) -> Result<ImageChoice, ImageMisfit> {
            .failure(ImageMisfit(image: listing.name, reason: reason))
        }
        switch listing.state {
        case .unusable(let reason): return misfit(.unusable(reason))
        case .usable(let image):
            if let reason = HardwareFit.misfit(of: image.manifest, to: start.hardware) { return misfit(reason) }
            switch graph.match(image.manifest.historyKeys) {
            case .misfit(let mismatch): return misfit(.history(mismatch))
            case .fits(let reused, let left):
                let wanted = max(start.hardware.disk?.bytes ?? 0, image.manifest.disk.virtualSize)
                guard let size = QCOW2Header.diskSize(holding: wanted) else {
                    return misfit(.diskLimit(requested: ByteCount(bytes: wanted)))
                }
                let choice = ImageChoice(image: image, reused: reused, left: left, diskSize: size)
                return choice.unrecorded.map(misfit) ?? .success(choice)
            }
        }
    }
}

/// The image that was chosen, and what follows from it.
public struct ImageChoice: Sendable, Hashable {
    /// The image.
    public let image: WarehouseImage
    /// The actions of the graph that were done when the image was made, in the order in which they were.
    public let reused: [Action]
    /// The actions that are left to do, in the graph's order.
    public let left: [Action]
    /// The size in bytes that the machine's disk must have: what was asked for or the image's, rounded up to 512.
    public let diskSize: Int
    /// Why the other images do not fit; those that fit but are not better are not among them.
    public internal(set) var misfits: [ImageMisfit] = []

    /// The attributes that the reused actions published when the image was made, by action id of this graph.
    public var recordedOutputs: [String: [String: String]] {
        var outputs: [String: [String: String]] = [:]
        // The three tests let the history and the reused actions correspond one to one.
        for (action, performed) in zip(self.reused, self.image.manifest.history) {
            outputs[action.id] = performed.outputs
        }
        return outputs
    }

    /// The first reused action of which the manifest lacks a required output: later actions may need it.
    fileprivate var unrecorded: ImageMisfit.Reason? {
        let recorded = self.recordedOutputs
        for action in self.reused {
            let missing = action.outputs.filter { $0.required && recorded[action.id]?[$0.name] == nil }.map(\.name)
            if !missing.isEmpty { return .outputs(action: action.id, missing: missing) }
        }
        return nil
    }

    fileprivate func isBetter(than other: ImageChoice) -> Bool {
        let ours = (-self.reused.count, self.image.manifest.disk.virtualSize, self.image.manifest.name)
        let theirs = (-other.reused.count, other.image.manifest.disk.virtualSize, other.image.manifest.name)
        return ours < theirs
    }
}
