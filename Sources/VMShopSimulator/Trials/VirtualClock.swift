import ShopAPI
import Synchronization

/// The time of a simulated site: it passes only when it is told to, from one sleeper's end to the next.
final class VirtualClock: Sendable {
    private struct Sleeper {
        var end: ContinuousClock.Instant
        var ticket: Int
        /// Whose sleep it is.
        var process: ObjectIdentifier?
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: ContinuousClock.Instant
        /// Who wakes last comes first.
        var sleepers: [Sleeper] = []
        var tickets = 0
        var isOver = false
    }

    /// When the clock began.
    let beginning = ContinuousClock.now
    private let state: Mutex<State>

    /// A clock that stands at its beginning.
    init() { state = Mutex(State(now: beginning)) }

    /// The time.
    var now: ContinuousClock.Instant { state.withLock { $0.now } }

    /// How long it has run.
    var elapsed: Duration { now - beginning }

    /// Returns at a time.
    ///
    /// - Parameters:
    ///   - end: The time.
    ///   - process: Whose sleep it is.
    /// - Throws: `CancellationError` when the task is cancelled, the process is killed or the clock is stopped.
    func sleep(until end: ContinuousClock.Instant, of process: ObjectIdentifier? = nil) async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refused = state.withLock { state in
                    guard !state.isOver, !Task.isCancelled else { return true }
                    let sleeper = Sleeper(end: end, ticket: ticket, process: process, continuation: continuation)
                    // Who came first wakes first.
                    let place = state.sleepers.lastIndex { $0.end > end }.map { $0 + 1 } ?? 0
                    state.sleepers.insert(sleeper, at: place)
                    return false
                }
                if refused { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            disturb { $0.ticket == ticket }
        }
    }

    /// Returns after a while.
    func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }

    /// Lets time pass until the next sleeper wakes.
    ///
    /// - Returns: Whether there was one.
    func advance() -> Bool {
        let next = state.withLock { state -> Sleeper? in
            guard let next = state.sleepers.popLast() else { return nil }
            state.now = max(state.now, next.end)
            return next
        }
        next?.continuation.resume()
        return next != nil
    }

    /// Ends the sleep of all tasks of a process.
    func kill(_ process: ObjectIdentifier) { disturb { $0.process == process } }

    /// Ends all sleep, now and from now on.
    func stop() {
        state.withLock { $0.isOver = true }
        disturb { _ in true }
    }

    private func disturb(_ isMeant: (Sleeper) -> Bool) {
        let disturbed = state.withLock { state in
            let disturbed = state.sleepers.filter(isMeant)
            state.sleepers.removeAll(where: isMeant)
            return disturbed
        }
        for sleeper in disturbed.reversed() { sleeper.continuation.resume(throwing: CancellationError()) }
    }
}
