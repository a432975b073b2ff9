import ShopAPI
import Synchronization

/// A process of a simulated site: whatever its tasks do once it is dead has no effect.
final class SimulatedProcess: ServiceProcess {
    private struct State {
        var isAlive = true
        /// Until when it stands still.
        var frozenUntil: ContinuousClock.Instant?
        /// How far its host's wall clock is off.
        var skew = Duration.zero
        /// The place at which it is killed, and how often it may pass it before.
        var doom: (faultPoint: String, passes: Int)?
        var onDeath: (@Sendable () -> Void)?
        var onFlush: (@Sendable () -> Void)?
    }

    private let clock: VirtualClock
    private let state: Mutex<State>
    /// The wall clock's time when the virtual clock began: the same in every run.
    private static let beginning = Timestamp(milliseconds: 1_767_225_600_000)

    /// A process that runs.
    ///
    /// - Parameters:
    ///   - clock: The site's clock.
    ///   - skew: How far its host's wall clock is off.
    init(_ clock: VirtualClock, skew: Duration = .zero) {
        self.clock = clock
        state = Mutex(State(skew: skew))
    }

    var now: ContinuousClock.Instant { clock.now }

    var timestamp: Timestamp { Self.beginning.advanced(by: clock.elapsed + state.withLock { $0.skew }) }

    var isSimulated: Bool { true }

    /// Whether it runs.
    var isAlive: Bool { state.withLock { $0.isAlive } }

    func sleep(until end: ContinuousClock.Instant) async throws {
        try checkAlive()
        try await clock.sleep(until: end, of: ObjectIdentifier(self))
        try await awaitThaw()
    }

    /// Does what it is called for, and answers, unless it stands still: then afterwards.
    ///
    /// - Parameter body: What is done.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; `CancellationError` when the process dies.
    func answer<Value>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await awaitThaw()
        let value = try await ServiceTime.$process.withValue(self) { try await body() }
        try await awaitThaw()
        return value
    }

    /// Has it stand still until a time, as if it were stopped by a signal.
    func freeze(until end: ContinuousClock.Instant) { state.withLock { $0.frozenUntil = end } }

    private func awaitThaw() async throws {
        while let end = state.withLock({ $0.frozenUntil }), end > clock.now {
            try await clock.sleep(until: end, of: ObjectIdentifier(self))
        }
        try checkAlive()
    }

    func checkAlive() throws { guard isAlive else { throw CancellationError() } }

    /// How far its host's wall clock is off.
    var skew: Duration { state.withLock { $0.skew } }

    /// Sets its host's wall clock.
    func jump(by skew: Duration) { state.withLock { $0.skew += skew } }

    /// Kills it when it passes a place so often.
    func doom(at faultPoint: String, after passes: Int, _ onDeath: @escaping @Sendable () -> Void) {
        state.withLock { ($0.doom, $0.onDeath) = ((faultPoint, passes), onDeath) }
    }

    func pass(_ faultPoint: String) {
        let onDeath = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.isAlive, let doom = state.doom, doom.faultPoint == faultPoint else { return nil }
            state.doom?.passes -= 1
            guard doom.passes <= 0 else { return nil }
            state.doom = nil
            return state.onDeath
        }
        guard let onDeath else { return }
        kill()
        onDeath()
    }

    /// Has something done whenever what it wrote outlives a power cut.
    func observe(onFlush: @escaping @Sendable () -> Void) { state.withLock { $0.onFlush = onFlush } }

    func flushed() { state.withLock { $0.onFlush }?() }

    /// Ends it at once. What it wrote stays.
    func kill() {
        state.withLock { $0.isAlive = false }
        clock.kill(ObjectIdentifier(self))
    }
}
