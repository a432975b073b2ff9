public import ClassAds
public import CostModel
import DAGModel
public import ShopAPI

/// A plant without a hypervisor, whose answers, delays and failures are scripted. Left alone it prices by the real
/// policies, and every machine it is told to make is ready at once.
public actor StubPlant: MachineService {
    /// The calls of the service that can be scripted.
    public enum Call: String, Sendable, Hashable, CaseIterable {
        case status, estimate, reserve, release, create, configure, publish, machine, machines, events, collect
    }

    /// What the plant does when it is called.
    public enum Reaction: Sendable {
        /// What a plant does.
        case act
        /// It answers with an error and does nothing.
        case fail(ServiceError)
        /// It thinks for so long before it does anything.
        case delay(Duration)
        /// It does its work at once and answers that much later: an answer that is lost on the way.
        case answerLate(Duration)
        /// It does its work and answers with an error all the same.
        case actAndFail(ServiceError)

        /// It never answers.
        public static let silence = Reaction.delay(.seconds(3_600))
    }

    /// What becomes of a machine that the plant accepted.
    public enum Fate: Sendable {
        /// It is ready at once.
        case ready
        /// Its creation fails.
        case failed(ServiceError)
        /// Its creation goes on until ``StubPlant/finish(_:error:)``.
        case pending
    }

    /// Its name, in bids and in machines.
    public nonisolated let name: String
    /// What it bids whatever is asked; `nil` for the price of the policy.
    public private(set) var price: Cost?
    /// Why it does not bid; `nil` when it does.
    public private(set) var refusals: [String]?
    /// Every call, in order, with the machine concerned.
    public private(set) var calls: [(call: Call, machine: MachineID?)] = []

    /// The bids of places that it keeps.
    public private(set) var places: [MachineID: String] = [:]

    var held: [MachineID: StubMachine] = [:]
    var networks: Set<String> = []
    private var bids: [String: ContinuousClock.Instant] = [:]
    private var epochs: [String: Int64] = [:]
    private var bidLife = Duration.seconds(15)
    /// Whether it takes machines that it does not know.
    private var isReady = true
    /// Whether it answers a reader of events at once with all of them.
    private var isDeafToReaders = false
    /// Whether its bids are for another request than the one that was asked about.
    private var mistakesRequests = false
    private var scripts: [Call: [Reaction]] = [:]
    private var habits: [Call: Reaction] = [:]
    private var fates: [Fate] = []
    /// What it tells of itself; nothing for one that is asked about each request.
    var notice: BidNotice?

    /// A plant that does what plants do.
    public init(_ name: String) { self.name = name }

    /// Refuses calls of a shop that was started anew since.
    public func admit(_ epoch: ShopEpoch) async throws {
        guard epoch.number >= epochs[epoch.shop] ?? 0 else {
            throw ServiceError(.superseded, "\(epoch.shop) was started after this process of it")
        }
        epochs[epoch.shop] = epoch.number
    }

    /// How it stands.
    public func status() async throws -> ServiceStatus {
        try await answer(.status) {
            ServiceStatus(
                name: name,
                role: .plant,
                isReady: true,
                machines: running.count,
                details: ["freeAddresses": "200"]
            )
        }
    }

    /// What a request would cost there.
    public func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        let request = try Self.parse(document)
        return try await answer(.estimate) { offer(request, policy ?? .vmplants2004) }
    }

    /// What it says of an image: that it would take its own.
    public func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts {
        let request = try Self.parse(document)
        return try await answer(.estimate) {
            let isChosen = image == offer(request, .vmplants2004).bids.first?.plan.image
            let reasons = isChosen ? [] : ["\(name) has no image \(image)"]
            let verdict = ImageVerdict(plant: name, image: image, isChosen: isChosen, reasons: reasons, steps: [])
            return ImageVerdicts(verdicts: [verdict])
        }
    }

    /// Asks for a bid that binds.
    public func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        let request = try Self.parse(document)
        return try await answer(.reserve, id) {
            let estimate = offer(request, policy ?? .vmplants2004)
            guard var bid = estimate.bids.first else {
                throw ServiceError(.refused, "\(name) keeps no place", refusals: estimate.refusals)
            }
            bid.isReserved = true
            places[id] = bid.id
            return bid
        }
    }

    /// Gives back what is kept for a machine.
    public func release(reservation id: MachineID) async throws {
        try await answer(.release, id) { places[id] = nil }
    }

    /// Begins to create a machine.
    public func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        let request = try Self.parse(document)
        return try await answer(.create, id) {
            if let known = held[id]?.machine { return try Self.repeated(known, request.digest) }
            guard isReady else { throw ServiceError(.unavailable, "\(name) is not ready") }
            if let bid = options.bid, bids.removeValue(forKey: bid).map({ $0 > .now }) != true {
                throw ServiceError(.bidExpired, "the bid \(bid) is over")
            }
            return make(id, request, fates.isEmpty ? .ready : fates.removeFirst())
        }
    }

    /// Begins to apply a further graph to a machine.
    public func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        let request = try Self.parse(document)
        return try await answer(.configure, id) {
            try configure(id, request, fates.isEmpty ? .ready : fates.removeFirst())
        }
    }

    /// Makes an image of a machine: at once, of nothing.
    public func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        try await answer(.publish, id) {
            let actions = try known(id).machine.actions.count
            return MachineImage(name: name, machine: id, isDone: true, progress: "published", actions: actions)
        }
    }

    /// One machine.
    public func machine(_ id: MachineID) async throws -> Machine {
        try await answer(.machine, id) { try known(id).machine }
    }

    /// The machines that match a query.
    public func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        try await answer(.machines) { () -> [Machine] in
            held.values.map(\.machine).sorted { $0.id < $1.id }
                .filter { (includeGone || $0.state.holdsResources) && (query?.matches($0.attributes) ?? true) }
        }
    }

    /// The events of a machine after the given one.
    public func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        if isDeafToReaders { return try await answer(.events, id) { try self.page(id, after: 0) } }
        let end = ContinuousClock.now + wait
        let page = try await answer(.events, id) { try self.page(id, after: sequence) }
        guard page.events.isEmpty else { return page }
        while .now < end {
            try await Task.sleep(for: .milliseconds(2))
            let page = try self.page(id, after: sequence)
            if !page.events.isEmpty { return page }
        }
        return page
    }

    /// Destroys a machine.
    public func collect(_ id: MachineID) async throws -> Machine {
        try await answer(.collect, id) { destroy(id) }
    }

    /// Has a machine's lease end so long from now.
    public func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        _ = try known(id)
        held[id]?.machine.leaseUntil = duration.map { Timestamp.now.advanced(by: $0) }
        return try known(id).machine
    }

    /// Has it take no new machines.
    public func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus {
        guard plant == name else { throw ServiceError(.plantUnknown, "this is \(name)") }
        refusals = ["it is cordoned: \(reason ?? "")"]
        return try await status()
    }

    /// Has it take machines again.
    public func uncordon(_ plant: String) async throws -> ServiceStatus {
        guard plant == name else { throw ServiceError(.plantUnknown, "this is \(name)") }
        refusals = nil
        return try await status()
    }

    /// The plants behind the service.
    public func plants() async throws -> [PlantStatus] { [] }
}

extension StubPlant {
    /// Scripts the next calls of one kind; after them the plant acts by its habit.
    public func script(_ call: Call, _ reactions: Reaction...) { scripts[call, default: []] += reactions }

    /// Sets what the plant does whenever no script says otherwise.
    public func always(_ reaction: Reaction, on calls: Call...) { for call in calls { habits[call] = reaction } }

    /// Makes the plant answer nothing at all, or act again.
    public func fallSilent(_ isSilent: Bool = true) {
        for call in Call.allCases { habits[call] = isSilent ? .silence : .act }
    }

    /// Sets what becomes of the next machines.
    public func nextMachines(_ fates: Fate...) { self.fates += fates }

    /// Sets what it bids, `nil` for the price of the policy.
    public func bid(_ price: Cost?) { self.price = price }

    /// Sets a total that it bids, in one term.
    public func bid(total: Double, policy: CostPolicy = .vmplants2004) {
        price = Cost(
            policy: policy,
            terms: [CostTerm(name: "machines", value: total, unit: "points", reason: "scripted")]
        )
    }

    /// Sets how long it stands by its bids.
    public func bidsLast(_ life: Duration) { bidLife = life }

    /// Sets whether it takes machines that it does not know yet.
    public func becomeReady(_ isReady: Bool) { self.isReady = isReady }

    /// Makes it answer a reader of events at once with all of them, whatever the reader has and however long it would wait.
    public func becomeDeafToReaders() { isDeafToReaders = true }

    /// Makes its bids be for another request than the one that was asked about.
    public func mistakeRequests() { mistakesRequests = true }

    /// Sets why it does not bid, `nil` when it does.
    public func refuse(_ reasons: [String]?) { refusals = reasons }

    /// How often it was called so.
    public func count(of call: Call) -> Int { calls.count { $0.call == call } }

    /// The machines that hold something of it.
    public var running: [Machine] { held.values.map(\.machine).filter(\.state.holdsResources).sorted { $0.id < $1.id } }

    /// The machine of an id, `nil` when it never heard of it.
    public func memory(of id: MachineID) -> Machine? { held[id]?.machine }

    private func answer<Value>(_ call: Call, _ id: MachineID? = nil, _ act: () throws -> Value) async throws -> Value {
        calls.append((call, id))
        switch scripts[call]?.isEmpty == false ? scripts[call]?.removeFirst() ?? .act : habits[call] ?? .act {
        case .act:
            return try act()
        case .fail(let error):
            throw error
        case .delay(let duration):
            try await Task.sleep(for: duration)
            return try act()
        case .answerLate(let duration):
            let value = try act()
            try await Task.sleep(for: duration)
            return value
        case .actAndFail(let error):
            _ = try act()
            throw error
        }
    }

    private func offer(_ request: Request, _ policy: CostPolicy) -> Estimate {
        if let refusals {
            return Estimate(
                requestDigest: request.digest,
                bids: [],
                refusals: [Refusal(plant: name, reasons: refusals)]
            )
        }
        let bid = Bid(
            id: MachineID.new().text,
            plant: name,
            cost: price ?? cost(request, policy),
            plan: PlanSummary(image: request.start.image ?? "stub", reused: [], work: work(request)),
            validUntil: .now.advanced(by: bidLife)
        )
        bids[bid.id] = .now + bidLife
        return Estimate(requestDigest: mistakesRequests ? "another" : request.digest, bids: [bid], refusals: [])
    }

    private func work(_ request: Request) -> PlannedWork {
        PlannedWork(
            clone: CloneWork(method: .overlay, bytes: 1 << 26),
            boot: ExpectedDuration(assumed: 2),
            actions: request.graph.order().map { ActionWork(id: $0.id, expected: ExpectedDuration(assumed: 1)) }
        )
    }

    private func cost(_ request: Request, _ policy: CostPolicy) -> Cost {
        let load = PlantLoad(runningMachines: running.count, domainHasNetwork: networks.contains(request.client.domain))
        return policy.cost(of: work(request), load: load)
    }
}
