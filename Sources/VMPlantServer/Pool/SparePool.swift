import Hypervisor
import ShopAPI

/// The plant's spares: machines from memory templates that woke up already, have address and share, belong to nobody yet,
/// and stand still until a request takes them over.
///
/// Nothing of it is on disk. After a crash a spare is in no book, and is removed as an orphan; its row in the address book
/// tells what it held.
actor SparePool {
    /// What is to be done next.
    enum Errand: Sendable {
        case make(MachineID, SpareKind, Plan)
        /// Let it run a moment, so that the file server does not forget its guest.
        case stir(MachineID, SpareKind)
        case end(MachineID)
    }

    /// A spare, and what is being done with it.
    struct Spare: Sendable {
        enum Phase: Sendable, Hashable { case making, ready, stirring, taken, ending }

        var kind: SpareKind
        var phase: Phase
        /// When it was made, stirred, or tried to be ended last.
        var since: ContinuousClock.Instant
    }

    /// A file server forgets a client after a minute or more of silence (RFC 8881, 8.3).
    private static let stirsEvery = Duration.seconds(20)
    private static let endsAgainAfter = Duration.seconds(2)

    private let start = ContinuousClock.now
    private var spares: [MachineID: Spare] = [:]
    private var demand = SpareDemand()

    /// The resource names of all of them: no orphans while they are here.
    var resourceNames: Set<String> { Set(spares.keys.map(\.resourceName)) }

    /// How many there are, whatever is being done with them.
    var count: Int { spares.count }

    /// How many hold addresses of a client domain.
    func count(ofDomain domain: String) -> Int { spares.values.count { $0.kind.domain == domain } }

    /// For people: how many stand ready.
    var summary: String {
        let ready = spares.values.filter { [.ready, .stirring].contains($0.phase) }
        return "\(ready.count) ready" + (spares.count > ready.count ? ", \(spares.count - ready.count) under way" : "")
    }

    /// Whether one stands ready.
    func hasReady(_ kind: SpareKind) -> Bool { spares.values.contains { $0.kind == kind && $0.phase == .ready } }

    /// Notes that a machine is made by a plan, and gives it a spare if one stands ready. ``end(_:)`` or ``forget(_:)`` is
    /// told what came of it.
    func take(_ kind: SpareKind, by plan: Plan) -> MachineID? {
        demand.ask(for: kind, by: plan, at: now)
        // The one that was stirred last: its guest's memory is the warmest.
        let ready = spares.filter { $0.value.kind == kind && $0.value.phase == .ready }
        guard let id = ready.max(by: { $0.value.since < $1.value.since })?.key else { return nil }
        spares[id]?.phase = .taken
        return id
    }

    /// What is to be done next. It counts as begun.
    ///
    /// - Parameters:
    ///   - memory: The bytes of memory that all spares may have together.
    ///   - mayMake: Whether now is the time to make one.
    /// - Returns: An errand; nothing when all is as it should be.
    func next(within memory: Int, mayMake: Bool) -> Errand? {
        let targets = demand.targets(within: memory, at: now)
        let kinds = Dictionary(grouping: spares.filter { [.making, .ready, .stirring].contains($0.value.phase) }) {
            $0.value.kind
        }
        if let id = surplus(kinds, targets) { return begin(.ending, id, .end(id)) }
        let now = ContinuousClock.now
        if let id = due(.ending, after: Self.endsAgainAfter, at: now) { return begin(.ending, id, .end(id)) }
        if let id = due(.ready, after: Self.stirsEvery, at: now) {
            return spares[id].flatMap { begin(.stirring, id, .stir(id, $0.kind)) }
        }
        guard mayMake else { return nil }
        for (kind, target) in targets.sorted(by: { $0.value > $1.value }) where kinds[kind]?.count ?? 0 < target {
            guard demand.mayMake(kind, at: self.now), let plan = demand.plan(of: kind) else { continue }
            let id = MachineID.new()
            spares[id] = Spare(kind: kind, phase: .making, since: now)
            return .make(id, kind, plan)
        }
        return nil
    }

    /// Notes that a spare stands ready, unless it was taken meanwhile.
    func settle(_ id: MachineID) {
        guard let phase = spares[id]?.phase, [.making, .stirring].contains(phase) else { return }
        spares[id]?.phase = .ready
        spares[id]?.since = .now
    }

    /// Has a spare ended: at once, or later.
    func end(_ id: MachineID) {
        spares[id]?.phase = .ending
        spares[id]?.since = .now - Self.endsAgainAfter
    }

    /// Notes that a spare is none any more: nothing of it is left, or it has become a machine.
    func forget(_ id: MachineID) { spares[id] = nil }

    /// Notes that a spare of a kind could not be made: it is not tried again soon.
    func fail(_ kind: SpareKind, for seconds: Double) { demand.fail(kind, until: now + seconds) }

    /// Has all spares of a kind ended, and none made.
    func giveUp(_ kind: SpareKind) {
        demand.forget(kind)
        for (id, spare) in spares where spare.kind == kind && [.ready, .stirring].contains(spare.phase) { end(id) }
    }

    private var now: Double { (ContinuousClock.now - start).seconds }

    private func begin(_ phase: Spare.Phase, _ id: MachineID, _ errand: Errand) -> Errand {
        spares[id]?.phase = phase
        spares[id]?.since = .now
        return errand
    }

    private func due(_ phase: Spare.Phase, after pause: Duration, at now: ContinuousClock.Instant) -> MachineID? {
        spares.filter { $0.value.phase == phase && $0.value.since + pause <= now }.min {
            $0.value.since < $1.value.since
        }?
        .key
    }

    /// The oldest of those that are more than are wanted.
    private func surplus(
        _ kinds: [SpareKind: [(key: MachineID, value: Spare)]],
        _ targets: [SpareKind: Int]
    ) -> MachineID? {
        for (kind, spares) in kinds where spares.count > targets[kind] ?? 0 {
            let ready = spares.filter { $0.value.phase == .ready }
            if let id = ready.min(by: { $0.value.since < $1.value.since })?.key { return id }
        }
        return nil
    }
}
