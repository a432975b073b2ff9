import ClassAds
import CostModel
import DAGModel
import ShopAPI

/// A plant whose machines are records: it plans, prices, admits and counts as a real one does, and makes a machine by waiting.
actor SimulatedPlant: MachineService {
    /// What was asked of it.
    struct Calls: Sendable, Hashable {
        var estimates = 0
        var creations = 0
        /// Creations that it refused.
        var refusals = 0
        /// Questions how machines get on.
        var questions = 0
    }

    let number: Int
    let name: String
    let options: SimulationOptions
    private let isSilent: Bool
    private let catalogue: BidCatalogue
    private let durations: BidDurations
    let journal: ClaimJournal?
    private let times: ClaimTimes?
    private(set) var function: BidFunction
    private(set) var calls = Calls()
    /// The most machines that it ever held at a time.
    private(set) var peak = 0
    /// The machines that became ready there.
    private(set) var made: Set<MachineID> = []
    /// Its machines, which outlive its process, as do the next two.
    var machines: [MachineID: Machine] = [:]
    /// How often each became something else.
    private var changes: [MachineID: Int] = [:]
    /// Those that became something else, in order; the first ones are forgotten.
    private var changed: (ids: ArraySlice<MachineID>, forgotten: Int) = ([], 0)
    /// The places that it keeps.
    var places: [MachineID: SimulatedPlace] = [:]
    /// The digests of the further graphs that were applied to each.
    var configurations: [MachineID: [String]] = [:]
    var waiting: [MachineID: [Int: CheckedContinuation<Void, Never>]] = [:]
    var tickets = 0
    private var epochs: [String: Int64] = [:]
    private var version = 0
    private var listeners: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - number: Which of the site's plants it is.
    ///   - options: What is simulated.
    ///   - isSilent: Whether it never answers.
    ///   - journal: Where its claims are made durable; nothing where its memory outlives it.
    ///   - times: Where it is noted when.
    init(
        _ number: Int,
        _ options: SimulationOptions,
        isSilent: Bool,
        journal: ClaimJournal? = nil,
        times: ClaimTimes? = nil
    ) {
        self.number = number
        self.options = options
        self.isSilent = isSilent
        self.journal = journal
        self.times = times
        name = "plant-\(number + 1)"
        catalogue = BidCatalogue(SimulatedImages.list)
        durations = BidDurations(seconds: ["boot": 2])
        function = BidFunction(plant: name, capacity: PlantCapacity(machines: options.room))
        function.freeForNewDomain = 250
        function.listeners = options.shops
    }

    func admit(_ epoch: ShopEpoch) async throws {
        guard epoch.number >= epochs[epoch.shop] ?? 0 else {
            throw ServiceError(.superseded, "\(epoch.shop) was started anew since")
        }
        epochs[epoch.shop] = epoch.number
    }

    func status() async throws -> ServiceStatus {
        try await think()
        return ServiceStatus(name: name, role: .plant, isReady: true, machines: function.promised.machines)
    }

    func plants() async throws -> [PlantStatus] { [] }

    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        try await think()
        calls.estimates += 1
        let request = try Self.parse(document)
        let domain = request.client.domain
        switch catalogue.plan(request, durations) {
        case .success(let plan) where function.takes(plan, domain: domain):
            let cost = (policy ?? options.policy).cost(of: plan.work, load: function.load(with: plan, domain: domain))
            let summary = PlanSummary(image: plan.image, reused: plan.reused, work: plan.work)
            let end = Timestamp.now.advanced(by: .seconds(15))
            let bid = Bid(id: "any", plant: name, cost: cost, plan: summary, validUntil: end)
            return Estimate(requestDigest: request.digest, bids: [bid], refusals: [])
        case .success(let plan): return refusal(request, function.refusals(of: plan, domain: domain))
        case .failure(let refusal): return self.refusal(request, refusal.reasons)
        }
    }

    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        try await think()
        calls.creations += 1
        let request = try Self.parse(document)
        if let known = machines[id] { return try known.answer(toRequest: request.digest) }
        let fate = SimulatedFate(of: id, at: number, self.options)
        // The machine comes into the place that was kept for it.
        if places[id]?.digest == request.digest { giveBack(id) }
        let plan = try admitted(request, fate)
        let machine = Machine(
            id: id,
            name: request.name ?? id.text,
            state: .creating,
            plant: name,
            domain: request.client.domain,
            owner: request.client.user,
            image: plan.image,
            requestDigest: request.digest,
            created: .now,
            leaseUntil: request.lease.map { Timestamp.now.advanced(by: $0.duration) }
        )
        become(machine)
        count(machine, 1)
        function.newest = Array((function.newest + [id.text]).suffix(64))
        try await journal?.note(id, name)
        await times?.note(id)
        make(id, fate)
        return machine
    }

    func machine(_ id: MachineID) async throws -> Machine {
        try await think()
        guard let machine = machines[id] else { throw ServiceError.unknown(id) }
        return machine
    }

    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        try await think()
        return machines.values.filter { includeGone || $0.state.holdsResources }.sorted { $0.id < $1.id }
    }

    func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        try await think()
        calls.questions += 1
        // A real plant tells of each step; this one has one to tell of, so who follows a machine asks it once.
        let isNothingNew = machines[id]?.state == .creating || changes[id] ?? 0 <= sequence
        if isNothingNew, wait > .zero { await awaitChange(of: id, atMost: wait) }
        guard let machine = machines[id] else { throw ServiceError.unknown(id) }
        var events = [MachineEvent.state(of: machine)]
        events[0].sequence = changes[id] ?? 1
        return EventPage(events: events.filter { $0.sequence > sequence }, state: machine.state)
    }

    func collect(_ id: MachineID) async throws -> Machine {
        try await think()
        let known = machines[id]
        if let known, known.state == .collected { return known }
        if let known, known.state.holdsResources { count(known, -1) }
        giveBack(id)
        var machine = known ?? Self.tombstone(id)
        machine.state = .collected
        become(machine)
        return machine
    }

    func bidFeed(withProgress: Bool) async throws -> (any BidFeed)? {
        SimulatedFeed(plant: self, withProgress: withProgress)
    }
}

extension SimulatedPlant {
    func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts { ImageVerdicts(verdicts: []) }

    func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        throw notSimulated
    }

    func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus { throw notSimulated }

    func uncordon(_ plant: String) async throws -> ServiceStatus { throw notSimulated }

    private var notSimulated: ServiceError { ServiceError(.refused, "a simulated plant does not do that") }
}

extension SimulatedPlant {
    func think() async throws {
        if isSilent { try await ServiceTime.sleep(for: .seconds(3_600)) }
        if options.answer > 0 { try await ServiceTime.sleep(for: .seconds(options.answer)) }
    }

    static func parse(_ document: [UInt8]) throws -> Request {
        do { return try RequestParser().parse(document) } catch { throw ServiceError(error) }
    }

    private func refusal(_ request: Request, _ reasons: [String]) -> Estimate {
        Estimate(requestDigest: request.digest, bids: [], refusals: [Refusal(plant: name, reasons: reasons)])
    }

    func admitted(_ request: Request, _ fate: SimulatedFate) throws -> BidPlan {
        guard case .success(let plan) = catalogue.plan(request, durations) else {
            throw refused(["no image fits"])
        }
        guard function.takes(plan, domain: request.client.domain) else {
            throw refused(function.refusals(of: plan, domain: request.client.domain))
        }
        guard !fate.refuses else { throw refused(["it is having a bad day"]) }
        return plan
    }

    private func refused(_ reasons: [String]) -> ServiceError {
        calls.refusals += 1
        return ServiceError(.refused, "\(name) refuses", refusals: [Refusal(plant: name, reasons: reasons)])
    }

    private func count(_ machine: Machine, _ count: Int) {
        self.count(machine.domain, machine.image ?? "", count)
    }

    /// Counts machines, or places for such.
    func count(_ domain: String, _ image: String, _ count: Int) {
        function.debit(SimulatedImages.claim, domain: domain, image: image, count: count)
        peak = max(peak, function.promised.machines)
        tellChange()
    }

    /// A machine that never was, and never will be.
    private static func tombstone(_ id: MachineID) -> Machine {
        Machine(id: id, name: id.text, state: .collected, domain: "-", requestDigest: "", created: .now)
    }

    private func make(_ id: MachineID, _ fate: SimulatedFate) {
        // UNSTRUCTURED: the machine is made while the caller goes on; it ends by itself, or with the process.
        Task { await finish(id, fate) }
    }

    private func finish(_ id: MachineID, _ fate: SimulatedFate) async {
        guard (try? await ServiceTime.sleep(for: .seconds(fate.seconds))) != nil else { return }
        if var machine = machines[id], machine.state == .creating {
            machine.state = fate.fails ? .failed : .ready
            if fate.fails { machine.error = ServiceError(.hostFailed, "it did not work out") }
            become(machine)
            if fate.fails { count(machine, -1) } else { made.insert(id) }
        }
    }

    /// A machine is something else now: who waits for that goes on.
    func become(_ machine: Machine) {
        machines[machine.id] = machine
        changes[machine.id, default: 0] += 1
        log(machine.id)
        if machine.state != .creating { wake() }
        for waiter in (waiting.removeValue(forKey: machine.id) ?? [:]).values { waiter.resume() }
    }

    private func log(_ id: MachineID) {
        changed.ids.append(id)
        guard changed.ids.count > Self.mostChanges else { return }
        changed.ids.removeFirst()
        changed.forgotten += 1
    }

    private static let mostChanges = 1_000

    /// How many changes of machines there were.
    var changeCount: Int { changed.forgotten + changed.ids.count }

    /// What machines became since so many changes, but for those that it has just begun: of these there is nothing to tell.
    func progress(since count: Int) -> [EventPage] {
        Set(changed.ids.suffix(max(0, changeCount - count))).sorted().compactMap { id in
            guard let machine = machines[id], machine.state != .creating else { return nil }
            var event = MachineEvent.state(of: machine)
            event.sequence = changes[id] ?? 1
            return EventPage(events: [event], state: machine.state, machine: machine, after: 0)
        }
    }

    /// Whether it is doing something to any machine.
    var isAtWork: Bool { machines.values.contains { !$0.state.isResting } }

    /// Its process was started anew: it goes on with the machines that it was making.
    func goOn() {
        function.newest = []
        endPlacesLater()
        for machine in machines.values.sorted(by: { $0.id < $1.id }) where machine.state == .creating {
            make(machine.id, SimulatedFate(of: machine.id, at: number, options))
        }
        for machine in machines.values.sorted(by: { $0.id < $1.id }) where machine.state == .configuring {
            configure(machine.id)
        }
        tellChange()
    }

    private func tellChange() {
        version += 1
        wake()
    }

    /// Those who listen hear that it is there, whether anything changed or not.
    func wake() {
        let resumed = listeners
        listeners = []
        for listener in resumed { listener.resume() }
    }

    /// Waits for the first notice, the next change or the next ``wake()``.
    ///
    /// - Parameters:
    ///   - known: The version that was told last.
    ///   - count: How many changes of machines are known.
    /// - Returns: Whether there is another version.
    func awaitNews(after known: Int?, _ count: Int) async -> Bool {
        if isSilent { try? await ServiceTime.sleep(for: .seconds(3_600)) }
        guard known == version, count == changeCount else { return known != version }
        await withCheckedContinuation { listeners.append($0) }
        return known != version
    }

    var notice: BidNotice { BidNotice(function: function, images: catalogue.list, durations: durations) }

    /// What is told next.
    ///
    /// - Parameter count: How many changes of machines were told.
    /// - Returns: The notice and its version, what machines became since, and how many changes there were.
    func news(since count: Int) -> (notice: BidNotice, version: Int, progress: (pages: [EventPage], count: Int)) {
        (notice, version, (progress(since: count), changeCount))
    }
}
