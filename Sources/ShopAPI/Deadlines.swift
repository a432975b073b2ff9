import Synchronization

/// Does something to those whose time is over, some tens of milliseconds later at most. One clock serves all deadlines of the process: a
/// sleep each would be kept by the runtime until its time even where what it guards has long ended, and calls are many.
final class Deadlines: Sendable {
    /// What is to be done at a time.
    private struct Alarm {
        var end: ContinuousClock.Instant
        var ring: @Sendable () -> Void
    }

    private struct State {
        var alarms: [Int: Alarm] = [:]
        var tickets = 0
        var isTicking = false
    }

    /// Those of this process.
    static let all = Deadlines()
    private static let tick = Duration.milliseconds(25)

    private let state = Mutex(State())

    /// Has something done at a time.
    ///
    /// - Parameters:
    ///   - end: When.
    ///   - ring: What is done; it must not wait.
    /// - Returns: What ``remove(_:)`` takes.
    func add(_ end: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) -> Int {
        let (ticket, isFirst) = state.withLock { state in
            state.tickets += 1
            state.alarms[state.tickets] = Alarm(end: end, ring: ring)
            defer { state.isTicking = true }
            return (state.tickets, !state.isTicking)
        }
        // UNSTRUCTURED: goes on while there are alarms, for whoever set them.
        if isFirst { Task { await tick() } }
        return ticket
    }

    /// It need not be done any more.
    ///
    /// - Returns: Whether it had not been done.
    func remove(_ ticket: Int) -> Bool { state.withLock { $0.alarms.removeValue(forKey: ticket) != nil } }

    private func tick() async {
        repeat { try? await Task.sleep(for: Self.tick) } while ring()
    }

    /// Rings all that are due.
    ///
    /// - Returns: Whether there are others.
    private func ring() -> Bool {
        let now = ContinuousClock.now
        let (due, isTicking) = state.withLock { state in
            let due = state.alarms.filter { $0.value.end <= now }
            for ticket in due.keys { state.alarms[ticket] = nil }
            state.isTicking = !state.alarms.isEmpty
            return (due.values.map(\.ring), state.isTicking)
        }
        for ring in due { ring() }
        return isTicking
    }
}

/// That something had not ended by its deadline.
struct DeadlinePassed: Error {}

/// Does something that must have ended by a time; it is cancelled then.
///
/// - Parameters:
///   - end: The time.
///   - body: What is done.
/// - Returns: What it returns.
/// - Throws: What it throws; ``DeadlinePassed`` where the time was over first.
func ending<Value: Sendable>(
    by end: ContinuousClock.Instant,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // UNSTRUCTURED: ends before this returns; a deadline cannot cancel the task that waits for it.
    let work = Task { try await body() }
    let ticket = Deadlines.all.add(end) { work.cancel() }
    return try await withTaskCancellationHandler {
        let result = await work.result
        // What was not to be done any more had been done: its time was over.
        let isLate = !Deadlines.all.remove(ticket)
        if case .failure = result, isLate { throw DeadlinePassed() }
        return try result.get()
    } onCancel: {
        work.cancel()
    }
}
