/// Who tells a service what time it is and wakes it. The host does, but for services of a simulated site, where time passes
/// only when nobody has anything left to do.
public protocol Timekeeper: Sendable {
    /// The time that durations are measured by: it never jumps.
    var now: ContinuousClock.Instant { get }

    /// The wall clock's time, which may jump.
    var timestamp: Timestamp { get }

    /// Whether this is a simulated site: then all that it does is done by one thread, in an order that its seed decides, and what
    /// blocks is done in place.
    var isSimulated: Bool { get }

    /// Returns at a time.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, or its process is dead.
    func sleep(until end: ContinuousClock.Instant) async throws

    /// - Throws: `CancellationError` when the process that asks is dead: nothing that it does has any effect.
    func checkAlive() throws

    /// The process passes a place at which it may be killed.
    func pass(_ faultPoint: String)
}

/// The time that services go by. They ask nobody else, so that they can be tried in simulated time.
public enum ServiceTime {
    /// Who tells the time.
    @TaskLocal public static var keeper: any Timekeeper = HostTime()

    /// The time that durations are measured by.
    public static var now: ContinuousClock.Instant { keeper.now }

    /// Returns after a while.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public static func sleep(for duration: Duration) async throws {
        let keeper = keeper
        try await keeper.sleep(until: keeper.now + duration)
    }
}

/// The host's own time.
public struct HostTime: Timekeeper {
    /// The host's time.
    public init() {}

    /// The host's monotonic clock.
    public var now: ContinuousClock.Instant { .now }

    /// The host's wall clock.
    public var timestamp: Timestamp { .ofHost }

    /// It is not.
    public var isSimulated: Bool { false }

    /// Sleeps.
    public func sleep(until end: ContinuousClock.Instant) async throws {
        try await Task.sleep(until: end, clock: .continuous)
    }

    /// Whoever runs is alive.
    public func checkAlive() {}

    /// Nothing happens there.
    public func pass(_ faultPoint: String) {}
}
