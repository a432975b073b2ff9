import CostModel
import ShopAPI

/// What a shop knows of one plant by its bid function.
struct Listing: Sendable {
    /// The plant's URL.
    let url: String
    /// Whether it has told anything, and did not end telling.
    private(set) var isHeard = false
    /// The function as the plant told it.
    private var told: BidFunction
    /// When it told that.
    private var toldAt: ContinuousClock.Instant
    /// The function with what was placed since.
    private(set) var function: BidFunction
    /// Its images and durations; nothing for a plant that is asked about each request.
    var profile: Profiles.Number?
    /// When it was heard last.
    private(set) var heard: ContinuousClock.Instant
    /// Whether it has not been heard for so long that it is not believed.
    private(set) var isSilent = false
    /// More machines at once than this are not counted, so that their sums stay numbers.
    private static let mostDebits = 4_096
    /// Machines that were placed there and that it may not have told of yet.
    private var debits: [MachineID: Debit] = [:]

    /// A machine that was placed at a plant.
    struct Debit: Sendable, Hashable {
        var claim: ResourceClaim
        var domain: String
        var image: String
        /// When the plant was chosen.
        var placed: ContinuousClock.Instant
        /// When the plant accepted the machine; nothing before it did.
        var accepted: ContinuousClock.Instant?
        /// How many notices came since then.
        var notices = 0
    }

    /// A notice that came later than this after the plant accepted a machine was written after that.
    static let delay = Duration.seconds(3)
    /// Nobody is at work on a machine that was placed longer ago.
    static let longest = Duration.seconds(120)

    /// A plant that has told nothing yet.
    init(url: String) {
        self.url = url
        told = BidFunction(plant: url, capacity: PlantCapacity(machines: 0))
        (function, toldAt) = (told, ServiceTime.now)
        heard = toldAt
    }

    /// Takes over what the plant says now. A machine that it lists as counted is debited no longer; nor is one that it accepted so
    /// long ago that it must be counted, or that came to nothing.
    mutating func take(_ function: BidFunction, at now: ContinuousClock.Instant) {
        isHeard = true
        (told, toldAt) = (function, now)
        settle(at: now)
    }

    /// The plant is as it was.
    ///
    /// - Parameters:
    ///   - ticket: The ticket that holds now.
    ///   - now: When.
    /// - Returns: Whether it costs something else now.
    mutating func renew(_ ticket: String?, at now: ContinuousClock.Instant) -> Bool {
        let (debited, wasSilent) = (debits.count, isSilent)
        told.ticket = ticket
        settle(at: now)
        return wasSilent || debits.count != debited
    }

    private mutating func settle(at now: ContinuousClock.Instant) {
        function = told
        heard = now
        isSilent = false
        for id in function.newest.compactMap({ MachineID($0) }) { debits[id] = nil }
        for (id, debit) in debits {
            guard let accepted = debit.accepted else {
                if now - debit.placed >= Self.longest { debits[id] = nil }
                continue
            }
            debits[id]?.notices += 1
            if debit.notices >= 1, now - accepted >= Self.delay { debits[id] = nil }
        }
        for debit in debits.values { apply(debit, 1) }
    }

    /// Looks whether it has fallen silent.
    ///
    /// - Parameters:
    ///   - now: When.
    ///   - patience: How long it may say nothing.
    /// - Returns: Whether it has just been found out.
    mutating func fallsSilent(at now: ContinuousClock.Instant, after patience: Duration) -> Bool {
        guard isHeard, !isSilent, now - heard >= patience else { return false }
        isSilent = true
        return true
    }

    /// Whether the plant may have been given a machine lately: it says so, or cannot tell of all, or has not told anything just now.
    func mayHold(_ id: String, at now: ContinuousClock.Instant) -> Bool {
        isHeard
            && (now - heard >= Board.fresh || told.newest.count >= BidFunction.mostNewest || told.newest.contains(id))
    }

    /// The plant's state with a machine, as it is now.
    func load(with plan: BidPlan, domain: String, at now: ContinuousClock.Instant) -> PlantLoad {
        var load = function.load(with: plan, domain: domain)
        load.secondsSinceLast = load.secondsSinceLast.map { $0 + (now - toldAt).seconds }
        return load
    }

    /// What a machine costs there; infinite where the plant does not take it, or is silent.
    func total(of plan: BidPlan, _ policy: CostPolicy, _ domain: String, at now: ContinuousClock.Instant) -> Double {
        guard !isSilent, function.takes(plan, domain: domain) else { return .infinity }
        return policy.total(of: plan.work.steps, load: load(with: plan, domain: domain, at: now))
    }

    /// What the plant offers for a machine.
    func offer(
        of plan: BidPlan,
        _ policy: CostPolicy,
        _ domain: String,
        at now: ContinuousClock.Instant
    ) -> Board.Offer {
        Board.Offer(
            url: url,
            plant: function.plant,
            plan: plan,
            load: load(with: plan, domain: domain, at: now),
            policy: policy,
            ticket: function.ticket,
            isUnsure: function.listeners > 1 || now - heard > Board.fresh
        )
    }

    /// Counts a machine that is being placed there.
    mutating func add(_ debit: Debit, for id: MachineID) {
        guard debits[id] == nil, debits.count < Self.mostDebits else { return }
        debits[id] = debit
        apply(debit, 1)
    }

    /// The plant accepted the machine.
    mutating func accept(_ id: MachineID, at now: ContinuousClock.Instant) {
        guard let debit = debits[id], debit.accepted == nil else { return }
        debits[id]?.accepted = now
    }

    /// The plant does not make the machine.
    mutating func remove(_ id: MachineID) {
        guard let debit = debits.removeValue(forKey: id) else { return }
        apply(debit, -1)
    }

    private mutating func apply(_ debit: Debit, _ count: Int) {
        function.debit(debit.claim, domain: debit.domain, image: debit.image, count: count)
    }
}
