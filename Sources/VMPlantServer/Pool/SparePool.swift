import Hypervisor
import ShopAPI

/// The plant's spares: machines from memory templates that woke up already, have address and share, belong to nobody yet,
/// and stand still until a request takes them over.
///
/// Nothing of it is on disk. After a crash a spare is in no book, and is removed as an orphan; its row in the address book
/// tells what it held.
actor SparePool {
    /// What is to be done with a spare.
    enum Errand: Sendable {
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

    /// What is to be done next with those that there are. It counts as begun.
    ///
    /// - Parameter memory: The bytes of memory that all spares may have together.
    /// - Returns: An errand; nothing when all is as it should be.
    func tend(within memory: Int) -> Errand? {
        if let id = surplus(demand.targets(within: memory, at: now)) ?? due(.ending, after: Self.endsAgainAfter) {
            return begin(.ending, id) { _ in .end(id) }
        }
        return due(.ready, after: Self.stirsEvery).flatMap { id in begin(.stirring, id) { .stir(id, $0) } }
    }

    /// The spare that is to be made next. It counts as begun.
    ///
    /// - Parameter memory: The bytes of memory that all spares may have together.
    /// - Returns: Its id, and what it is to be; nothing when there are as many as are wanted.
    func make(within memory: Int) -> (id: MachineID, kind: SpareKind, plan: Plan)? {
        let targets = demand.targets(within: memory, at: now).sorted { $0.value > $1.value }
        let lacking = targets.first { kind, target in living(kind).count < target && demand.mayMake(kind, at: now) }
        guard let kind = lacking?.key, let plan = demand.plan(of: kind) else { return nil }
        let id = MachineID.new()
        spares[id] = Spare(kind: kind, phase: .making, since: .now)
        return (id, kind, plan)
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

    /// Those of a kind that nobody has, and that are to stay.
    private func living(_ kind: SpareKind) -> [MachineID: Spare] {
        spares.filter { $0.value.kind == kind && [.making, .ready, .stirring].contains($0.value.phase) }
    }

    private func begin(_ phase: Spare.Phase, _ id: MachineID, _ errand: (SpareKind) -> Errand) -> Errand? {
        spares[id]?.phase = phase
        spares[id]?.since = .now
        return spares[id].map { errand($0.kind) }
    }

    /// The one that has been in a phase for longest, if for so long.
    private func due(_ phase: Spare.Phase, after pause: Duration) -> MachineID? {
        let latest = ContinuousClock.now - pause
        let due = spares.filter { $0.value.phase == phase && $0.value.since <= latest }
        return due.min { $0.value.since < $1.value.since }?.key
    }

    /// The oldest of those that are more than are wanted.
    private func surplus(_ targets: [SpareKind: Int]) -> MachineID? {
        let ready = spares.filter {
            $0.value.phase == .ready && living($0.value.kind).count > targets[$0.value.kind] ?? 0
        }
        return ready.min { $0.value.since < $1.value.since }?.key
    }
}
