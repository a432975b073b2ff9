import Glibc
import Warehouse

/// How many spares of which kinds are wanted: as many as were asked for within half a minute lately, which is how long it may
/// take until as many are there again. What was asked for counts half after each hour.
struct SpareDemand: Sendable {
    /// Seconds within which requests count as one burst.
    static let window = 30.0
    /// Seconds after which a burst counts half.
    static let halfLife = 3600.0
    /// Seconds for which none are wanted of a kind that could not be made.
    static let pauseAfterFailure = 600.0
    /// Below this nobody asks any more: three hours after a single request.
    private static let least = 0.125
    /// More of one burst are not counted.
    private static let most = 1000

    private struct Want {
        /// The plan that was asked for last, to make spares by.
        var plan: Plan
        /// When it was asked for, within the window.
        var asked: [Double] = []
        /// The size of the greatest burst, as it counts at `since`.
        var level = 0.0
        var since = 0.0
        var failedUntil = -Double.infinity

        func level(at now: Double) -> Double { level * exp2((since - now) / SpareDemand.halfLife) }
    }

    private var wants: [SpareKind: Want] = [:]

    /// Notes that one was asked for.
    ///
    /// - Parameters:
    ///   - kind: What it was to be of.
    ///   - plan: The plan that it is of.
    ///   - now: Seconds of a clock that is not set.
    mutating func ask(for kind: SpareKind, by plan: Plan, at now: Double) {
        var want = wants[kind] ?? Want(plan: plan)
        want.plan = plan
        want.asked = (want.asked.filter { $0 > now - Self.window } + [now]).suffix(Self.most)
        (want.level, want.since) = (max(want.level(at: now), Double(want.asked.count)), now)
        wants[kind] = want
    }

    /// Notes that none can be made until then.
    mutating func fail(_ kind: SpareKind, until end: Double) { wants[kind]?.failedUntil = end }

    /// Whether one may be made now.
    func mayMake(_ kind: SpareKind, at now: Double) -> Bool { wants[kind].map { $0.failedUntil <= now } ?? false }

    /// Forgets a kind: its image is no longer there.
    mutating func forget(_ kind: SpareKind) { wants[kind] = nil }

    /// The plan to make a spare of a kind by.
    func plan(of kind: SpareKind) -> Plan? { wants[kind]?.plan }

    /// How many of each kind are wanted, those that were wanted most first, one of each before a second of any.
    ///
    /// - Parameters:
    ///   - memory: The bytes of memory that all of them may have together.
    ///   - now: Seconds of the clock.
    /// - Returns: How many; kinds of which none is wanted, or fits, are not in it.
    mutating func targets(within memory: Int, at now: Double) -> [SpareKind: Int] {
        wants = wants.filter { $0.value.level(at: now) >= Self.least }
        let wanted = wants.map { (kind: $0.key, level: $0.value.level(at: now)) }
            .sorted { ($1.level, $0.kind.image.name) < ($0.level, $1.kind.image.name) }
        var targets: [SpareKind: Int] = [:]
        var left = memory
        for round in 1...Self.most {
            let before = left
            for (kind, level) in wanted where Int(level.rounded(.up)) >= round && kind.hardware.memory <= left {
                targets[kind] = round
                left -= kind.hardware.memory
            }
            if left == before { break }
        }
        return targets
    }
}
