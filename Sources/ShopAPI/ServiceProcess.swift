/// What the process of a service gives it: the time, an alarm, an end. Usually that is the process of the host; in a simulated site many
/// services have one each within one process of the host, and time passes when nobody has anything left to do.
public protocol ServiceProcess: Sendable {
    /// The time that durations are measured by: it never jumps.
    var now: ContinuousClock.Instant { get }

    /// The wall clock's time, which may jump.
    var timestamp: Timestamp { get }

    /// Whether it belongs to a simulated site: then all that it does is done by one thread, in an order that its seed decides, and what
    /// blocks is done in place.
    var isSimulated: Bool { get }

    /// Returns at a time.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, or the process is dead.
    func sleep(until end: ContinuousClock.Instant) async throws

    /// - Throws: `CancellationError` when the process is dead: nothing that it does has any effect.
    func checkAlive() throws

    /// The process passes a place at which it may be killed.
    func pass(_ faultPoint: String)

    /// What the process wrote to its book until now outlives a power cut.
    func flushed()
}

/// The process of the host.
public struct HostProcess: ServiceProcess {
    /// The process of the host.
    public init() {}

    /// The host's monotonic clock.
    public var now: ContinuousClock.Instant { .now }

    /// The host's wall clock.
    public var timestamp: Timestamp { .ofHost }

    /// It does not.
    public var isSimulated: Bool { false }

    /// Sleeps.
    public func sleep(until end: ContinuousClock.Instant) async throws {
        try await Task.sleep(until: end, clock: .continuous)
    }

    /// Whoever runs is alive.
    public func checkAlive() {}

    /// Nothing happens there.
    public func pass(_ faultPoint: String) {}

    /// The disk knows.
    public func flushed() {}
}
