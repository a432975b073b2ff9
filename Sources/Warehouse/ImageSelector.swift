import DAGModel

/// The images that there are to choose from, as they stand now.
protocol ImageSupply: Sendable {
    /// The best images for a graph, from what is kept of them.
    func ranking(
        hardware: Hardware,
        graph: Graph,
        time: ReadyTime,
        wanted: Int
    ) async throws(WarehouseError) -> ImageRanking

    /// What is at a place now, read from its files where they changed.
    func listing(at place: ImagePlace) async throws(WarehouseError) -> ImageListing

    /// The image of that name, in the same way.
    func listing(named name: String) async throws(WarehouseError) -> ImageListing?

    /// Some places, and how many others there are.
    func places(atMost limit: Int) async throws(WarehouseError) -> (some: [ImagePlace], others: Int)

    /// Why an image must not be used after all, though it is listed as usable; asked of the best only.
    func damage(_ image: WarehouseImage) async -> String?
}

/// Chooses the image that a machine is cloned from.
///
/// A request that names an image gets that one or none: asleep, where its current version was saved so under the name
/// that a warm image has by default, or as a plant kept it after the first actions of the same graph, where its machine
/// would be ready first so. Otherwise, of all images that fit (also by what is recorded of
/// the actions done), the one by which the machine is expected to be ready first; among equals the one with the most
/// actions of the graph in its history, then the one with the smallest disk, then the first by name.
struct ImageSelector: Sendable {
    let supply: any ImageSupply
    let start: Start
    let graph: Graph
    let time: ReadyTime
    /// Why the host cannot use an image; asked of the best only.
    var obstacle: @Sendable (ImageManifest) async -> String? = { _ in nil }

    /// The choice, or every reason why there is none.
    func select() async throws(WarehouseError) -> ImageSelection {
        if let name = self.start.image { return try await self.named(name) }
        var misfits: [ImageMisfit] = []
        var seen: Set<ImagePlace> = []
        var wanted = 1
        while true {
            let ranking = try await self.supply.ranking(
                hardware: self.start.hardware,
                graph: self.graph,
                time: self.time,
                wanted: wanted
            )
            for candidate in ranking.candidates where seen.insert(candidate.place).inserted {
                if let choice = try await self.choice(candidate, &misfits) { return .chosen(choice) }
            }
            guard !ranking.isWhole else { return .refused(try await self.reasons(considered: misfits)) }
            wanted *= 4
        }
    }

    /// The choice of a candidate, or one reason more.
    private func choice(
        _ candidate: ImageRanking.Candidate,
        _ misfits: inout [ImageMisfit]
    ) async throws(WarehouseError) -> ImageChoice? {
        if let reason = candidate.misfit {
            misfits.append(ImageMisfit(image: candidate.summary.name, reason: reason))
            return nil
        }
        switch try await self.outcome(try await self.supply.listing(at: candidate.place)) {
        case .failure(let misfit):
            misfits.append(misfit)
            return nil
        case .success(var choice):
            choice.misfits = misfits
            return choice
        }
    }

    private func named(_ name: String) async throws(WarehouseError) -> ImageSelection {
        guard let listing = try await self.supply.listing(named: name) else {
            return .refused([ImageMisfit(image: name, reason: .unknown)])
        }
        switch try await self.outcome(listing) {
        case .failure(let misfit): return .refused([misfit])
        case .success(let choice):
            let others = [try await self.asleep(choice), try await self.kept(choice)].compactMap { $0 }
            return .chosen(others.reduce(choice) { $1.expectedSeconds < $0.expectedSeconds ? $1 : $0 })
        }
    }

    /// How many of the best images are looked at for one that began as the named one.
    private static let mostKept = 16
    /// How many images, each kept of the one before, are followed back to the named one.
    private static let longestLineage = 64

    /// What a plant kept of the same image after some of the graph's actions, where that fits and is better.
    private func kept(_ choice: ImageChoice) async throws(WarehouseError) -> ImageChoice? {
        guard !self.graph.actions.isEmpty else { return nil }
        let ranking = try await self.supply.ranking(
            hardware: self.start.hardware,
            graph: self.graph,
            time: self.time,
            wanted: Self.mostKept
        )
        for candidate in ranking.candidates.prefix(Self.mostKept) where candidate.misfit == nil {
            let listing = try await self.supply.listing(at: candidate.place)
            guard let found = listing.image?.manifest, try await self.began(found, as: choice.image.manifest.reference),
                case .success(let kept) = try await self.outcome(listing)
            else { continue }
            return kept.expectedSeconds < choice.expectedSeconds ? kept : nil
        }
        return nil
    }

    /// Whether an image is what plants kept of another one. In between may be others that were kept, and the same saved while
    /// it ran.
    private func began(
        _ image: ImageManifest,
        as reference: ImageReference
    ) async throws(WarehouseError) -> Bool {
        guard image.origin != .warm else { return false }
        var image = image
        for _ in 0..<Self.longestLineage {
            guard [.checkpoint, .automatic, .warm].contains(image.origin), let parent = image.parent else {
                return false
            }
            if parent == reference { return true }
            guard let next = try await self.supply.listing(named: parent.name)?.image?.manifest,
                next.reference == parent
            else { return false }
            image = next
        }
        return false
    }

    /// The same image as it was saved while it ran, where that fits and is better.
    private func asleep(_ choice: ImageChoice) async throws(WarehouseError) -> ImageChoice? {
        let manifest = choice.image.manifest
        guard manifest.memory == nil else { return nil }
        let listing = try await self.supply.listing(named: manifest.name + ImageManifest.warmSuffix)
        guard let listing, let warm = listing.image?.manifest, warm.memory != nil, warm.parent == manifest.reference,
            case .success(let saved) = try await self.outcome(listing), saved.expectedSeconds < choice.expectedSeconds
        else { return nil }
        return saved
    }

    /// Whether an image fits as it stands now, whatever was kept of it.
    private func outcome(_ listing: ImageListing) async throws(WarehouseError) -> Result<ImageChoice, ImageMisfit> {
        switch ImageSelection.fit(listing, start: self.start, graph: self.graph) {
        case .failure(let misfit): return .failure(misfit)
        case .success(var choice):
            if let reason = await self.damage(choice.image) {
                return .failure(ImageMisfit(image: listing.name, reason: .unusable(reason)))
            }
            choice.expectedSeconds = self.seconds(of: choice)
            return .success(choice)
        }
    }

    // Only what is to be used is read: one after the other, until the best image is sound or none is left.
    private func damage(_ image: WarehouseImage) async -> String? {
        if let reason = await self.obstacle(image.manifest) { return reason }
        return await self.supply.damage(image)
    }

    private func seconds(of choice: ImageChoice) -> Double {
        let left = Set(choice.left.map(\.id))
        let seconds = zip(self.graph.actions, self.time.actions).reduce(0) { left.contains($1.0.id) ? $0 + $1.1 : $0 }
        return self.time.overhead(ImageSummary(choice.image.manifest)) + seconds
    }

    /// What keeps an image that fits from being considered.
    private static let notItsName = "its name is that of another image, or it has just come"

    /// Why no image fits: of those that were considered, and of others in the order of the list, as far as that helps.
    private func reasons(considered: [ImageMisfit]) async throws(WarehouseError) -> [ImageMisfit] {
        var known = Dictionary(considered.map { ($0.image, $0) }, uniquingKeysWith: { first, _ in first })
        let (places, others) = try await self.supply.places(atMost: ImageRanking.misfitLimit)
        var reasons: [ImageMisfit] = []
        for place in places {
            let listing = try await self.supply.listing(at: place)
            if listing.image != nil, let misfit = known.removeValue(forKey: listing.name) {
                reasons.append(misfit)
                continue
            }
            switch ImageSelection.fit(listing, start: self.start, graph: self.graph) {
            case .failure(let misfit): reasons.append(misfit)
            case .success: reasons.append(ImageMisfit(image: listing.name, reason: .unusable(Self.notItsName)))
            }
        }
        guard others > 0 else { return reasons }
        let rest = considered.filter { known[$0.image] != nil }.prefix(ImageRanking.misfitLimit)
        let untold = others - rest.count
        return reasons + rest + (untold > 0 ? [ImageMisfit(image: "", reason: .untold(untold))] : [])
    }
}
