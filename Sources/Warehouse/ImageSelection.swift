import DAGModel

/// Which image a machine is cloned from, or why none fits.
public enum ImageSelection: Sendable, Hashable {
    /// The best image.
    case chosen(ImageChoice)
    /// No image fits: the reason for each that was considered; empty when the warehouse is.
    case refused([ImageMisfit])

    /// Chooses.
    ///
    /// A request that names an image gets that one or none. Otherwise, of all images that fit (also by what is recorded
    /// of the actions done), the one by which the machine is expected to be ready first; among equals the one with the
    /// most actions of the graph in its history, then the one with the smallest disk, then the first by name.
    ///
    /// - Parameters:
    ///   - index: the images there are.
    ///   - start: what the machine starts from.
    ///   - graph: the actions that it needs.
    ///   - time: what decides between images that fit.
    ///   - damage: why an image must not be used after all, though it is listed as usable; asked of the best only.
    /// - Returns: the choice, or every reason why there is none.
    static func select(
        from index: ImageIndex,
        start: Start,
        graph: Graph,
        time: ReadyTime,
        damage: (WarehouseImage) async -> String? = { _ in nil }
    ) async -> ImageSelection {
        if let name = start.image {
            guard let listing = index[name] else { return .refused([ImageMisfit(image: name, reason: .unknown)]) }
            return await Self.named(listing, start, graph, time, damage)
        }
        var misfits: [ImageMisfit] = []
        for candidate in await Self.ranked(index, graph, time) {
            switch Self.fit(candidate.image, start: start, graph: graph) {
            case .failure(let misfit): misfits.append(misfit)
            case .success(var choice):
                if let reason = await damage(candidate.image) {
                    misfits.append(ImageMisfit(image: candidate.image.manifest.name, reason: .unusable(reason)))
                    continue
                }
                choice.expectedSeconds = candidate.seconds
                choice.misfits = misfits
                return .chosen(choice)
            }
        }
        return .refused(Self.reasons(index, start, graph, considered: misfits))
    }

    private struct Candidate {
        let image: WarehouseImage
        let seconds: Double

        func isBetter(than other: Candidate) -> Bool {
            let ours = (self.seconds, -self.image.manifest.history.count, self.image.manifest.disk.virtualSize)
            let theirs = (other.seconds, -other.image.manifest.history.count, other.image.manifest.disk.virtualSize)
            return ours == theirs ? self.image.manifest.name < other.image.manifest.name : ours < theirs
        }
    }

    /// The images whose histories fit, the best first.
    private static func ranked(_ index: ImageIndex, _ graph: Graph, _ time: ReadyTime) async -> [Candidate] {
        let matches = index.matches(of: graph, weights: time.actions).found
        let whole = time.actions.reduce(0, +)
        let overhead = await time.overhead(matches.map(\.image))
        return zip(matches, overhead).map { match, overhead in
            // Sums of the same numbers in another order differ in the last bits: what is nearly equal is equal.
            Candidate(image: match.image, seconds: ((overhead + whole - match.weight) * 1e6).rounded() / 1e6)
        }.sorted { $0.isBetter(than: $1) }
    }

    private static func named(
        _ listing: ImageListing,
        _ start: Start,
        _ graph: Graph,
        _ time: ReadyTime,
        _ damage: (WarehouseImage) async -> String?
    ) async -> ImageSelection {
        switch Self.fit(listing, start: start, graph: graph) {
        case .failure(let misfit): return .refused([misfit])
        case .success(var choice):
            if let reason = await damage(choice.image) {
                return .refused([ImageMisfit(image: listing.name, reason: .unusable(reason))])
            }
            let left = Set(choice.left.map(\.id))
            let seconds = zip(graph.actions, time.actions).reduce(0) { left.contains($1.0.id) ? $0 + $1.1 : $0 }
            choice.expectedSeconds = await (time.overhead([choice.image]).first ?? 0) + seconds
            return .chosen(choice)
        }
    }

    /// Why no image fits, in the order of the list.
    private static func reasons(
        _ index: ImageIndex,
        _ start: Start,
        _ graph: Graph,
        considered: [ImageMisfit]
    ) -> [ImageMisfit] {
        let known = Dictionary(considered.map { ($0.image, $0) }, uniquingKeysWith: { first, _ in first })
        return index.listings.compactMap { listing in
            if listing.image != nil, let misfit = known[listing.name] { return misfit }
            guard case .failure(let misfit) = Self.fit(listing, start: start, graph: graph) else { return nil }
            return misfit
        }
    }

    /// Whether an entry of the list fits, or why it does not.
    static func fit(_ listing: ImageListing, start: Start, graph: Graph) -> Result<ImageChoice, ImageMisfit> {
        switch listing.state {
        case .unusable(let reason): .failure(ImageMisfit(image: listing.name, reason: .unusable(reason)))
        case .usable(let image): Self.fit(image, start: start, graph: graph)
        }
    }

    private static func fit(_ image: WarehouseImage, start: Start, graph: Graph) -> Result<ImageChoice, ImageMisfit> {
        func misfit(_ reason: ImageMisfit.Reason) -> Result<ImageChoice, ImageMisfit> {
            .failure(ImageMisfit(image: image.manifest.name, reason: reason))
        }
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
