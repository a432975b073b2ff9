import ClassAds
public import DAGModel

/// What plants tell of themselves, changed as if something were so that is not. Touches nothing.
public struct SupposedSite: Sendable {
    /// A plant of it.
    public struct Plant: Sendable {
        /// Its URL; one that is only supposed has its name there.
        public var url: String
        /// What it tells, all of it.
        public var notice: BidNotice

        /// A plant.
        public init(url: String, notice: BidNotice) {
            self.url = url
            self.notice = notice
        }
    }

    /// The plants, in the order of the shop's list, then those that are supposed.
    public private(set) var plants: [Plant]
    /// What is supposed: each that spoke of something that is here.
    public private(set) var supposed: [Supposition] = []

    /// A site as it is. Its bids bind nobody, so it has no tickets.
    public init(_ plants: [Plant]) {
        self.plants = plants
        for place in plants.indices { self.plants[place].notice.function.ticket = nil }
    }

    /// Supposes something. What speaks of a plant or an image that is not here changes nothing.
    ///
    /// - Parameters:
    ///   - supposition: What is supposed.
    ///   - request: The request that is to be priced.
    public mutating func suppose(_ supposition: Supposition, for request: Request) {
        let changed =
            switch supposition {
            case .drained(let name): drain(name)
            case .added(let name, let like): add(name, like)
            case .everywhere(let name): spread(name)
            case .checkpoint(let action): keep(action, of: request)
            }
        if changed { supposed.append(supposition) }
    }
}

extension SupposedSite {
    private mutating func drain(_ name: String) -> Bool {
        guard let place = place(of: name) else { return false }
        plants[place].notice.function.refusals.append("it is drained, so it is supposed")
        return true
    }

    private mutating func add(_ name: String, _ like: String) -> Bool {
        guard let model = place(of: like), place(of: name) == nil else { return false }
        var notice = plants[model].notice
        notice.function.becomeEmpty(as: name)
        plants.append(Plant(url: name, notice: notice))
        return true
    }

    private mutating func spread(_ name: String) -> Bool {
        let all = plants.compactMap { $0.notice.images?.images.first { $0.name == name } }
        guard var image = all.first(where: { $0.transfer == nil }) ?? all.first else { return false }
        image.transfer = nil
        for place in plants.indices { plants[place].notice.images?.put(image) }
        return true
    }

    /// The name of an image that is only supposed.
    private static let checkpointName = "supposed"

    /// What a plant would have kept is what it would have made: from the image that it would start from now.
    private mutating func keep(_ action: String, of request: Request) -> Bool {
        let wanted = Set(request.graph.ancestors(of: action).map(\.id) + [action])
        let kept = zip(request.graph.actions, request.graph.keys).filter { wanted.contains($0.0.id) }
        guard kept.count == wanted.count else { return false }
        let keys = Dictionary(kept.map { ($0.0.id, $0.1) }) { first, _ in first }
        let order = request.graph.order().compactMap { keys[$0.id] }
        var isKept = false
        for place in plants.indices {
            guard let images = plants[place].notice.images, let durations = plants[place].notice.durations,
                let plan = try? BidCatalogue(images).plan(request, durations).get(),
                var image = images.images.first(where: { $0.name == plan.image })
            else { continue }
            image.history += order.filter { !image.history.contains($0) }
            (image.name, image.transfer, image.needs.saved) = (Self.checkpointName, nil, nil)
            plants[place].notice.images?.put(image)
            isKept = true
        }
        return isKept
    }

    private func place(of name: String) -> Int? { plants.firstIndex { $0.notice.function.plant == name } }
}

extension BidFunction {
    /// Becomes that of a plant on a host of the same kind on which nothing is.
    fileprivate mutating func becomeEmpty(as name: String) {
        for (domain, count) in machinesOfDomain where networks[domain] != nil { networks[domain, default: 0] += count }
        freeForNewDomain = max(freeForNewDomain, networks.values.max() ?? 0)
        plant = name
        (refusals, refusalsOfDomain, newest) = ([], [:], [])
        promised = Commitments(machines: 0, reservations: 0, claim: .nothing)
        (networks, machinesOfDomain, machinesOfImage) = ([:], [:], [:])
        (secondsSinceLast, ticket) = (nil, nil)
        attributes?["Plant"] = .string(name)
    }
}

extension BidImages {
    /// Has an image, in place of one of that name.
    fileprivate mutating func put(_ image: BidImage) {
        images.removeAll { $0.name == image.name }
        images.append(image)
    }
}
