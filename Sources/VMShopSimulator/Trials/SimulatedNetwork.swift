import SeededRandom
import ShopAPI
import Synchronization

/// The network of a simulated site. It delays, loses and repeats what it carries, as its conditions say, and delivers in any order.
final class SimulatedNetwork: Sendable {
    /// How the network is.
    struct Conditions: Sendable, Hashable {
        /// Seconds that a message takes on average.
        var latency = 0.002
        /// The part of messages that are lost.
        var loss = 0.0
        /// The part of calls that arrive twice.
        var repetition = 0.0
        /// The part of calls that arrive so late that nobody waits for an answer any more.
        var lateness = 0.0

        /// One that works.
        static let calm = Conditions()
    }

    /// A direction in which nothing gets through.
    struct Cut: Sendable, Hashable {
        var from: String
        var to: String
        var end: ContinuousClock.Instant
    }

    private struct State {
        var generator: SeededGenerator
        var conditions: Conditions
        var cuts: [Cut] = []
        var calmed: ContinuousClock.Instant?
    }

    let clock: VirtualClock
    private let state: Mutex<State>
    /// No call that is not late is under way longer.
    private static let longestUsual = Duration.seconds(1)
    /// The longest that a late call is under way, in seconds.
    private static let latest = 40.0

    /// A network.
    init(_ clock: VirtualClock, seed: UInt64, _ conditions: Conditions) {
        self.clock = clock
        state = Mutex(State(generator: SeededGenerator(seed: seed), conditions: conditions))
    }

    /// Has it be well from now on. What is late by then never arrives.
    func calm() {
        state.withLock { state in
            state.conditions = .calm
            state.cuts = []
            state.calmed = clock.now
        }
    }

    /// Lets nothing through in one direction for a while.
    func cut(_ from: String, _ to: String, for duration: Duration) {
        let cut = Cut(from: from, to: to, end: clock.now + duration)
        state.withLock { $0.cuts.append(cut) }
    }

    /// How long a message takes; nothing where it is lost.
    private func delay(_ from: String, _ to: String, isLossy: Bool = true) -> Duration? {
        let now = clock.now
        return state.withLock { state in
            guard !state.cuts.contains(where: { $0.from == from && $0.to == to && $0.end > now }) else { return nil }
            let isLost = Double.random(in: 0..<1, using: &state.generator) < state.conditions.loss
            guard !isLost || !isLossy else { return nil }
            return .seconds(state.conditions.latency * Double.random(in: 0.1..<2, using: &state.generator))
        }
    }

    /// How much later than any other message a call arrives.
    private func lateness() -> Duration {
        state.withLock { state in
            let isLate = Double.random(in: 0..<1, using: &state.generator) < state.conditions.lateness
            return isLate ? .seconds(Double.random(in: 1..<Self.latest, using: &state.generator)) : .zero
        }
    }

    /// After which time a call arrives once more, if it does.
    private func repetition() -> Duration? {
        state.withLock { state in
            let isRepeated = Double.random(in: 0..<1, using: &state.generator) < state.conditions.repetition
            return isRepeated ? .seconds(Double.random(in: 0..<Self.latest, using: &state.generator)) : nil
        }
    }

    /// Calls somebody.
    ///
    /// - Parameters:
    ///   - station: Who is called.
    ///   - caller: Who calls.
    ///   - deadline: How long the call may take.
    ///   - isStream: Whether it belongs to a connection that stays: then it is neither lost by itself nor repeated.
    ///   - body: What is done there.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; ``ServiceError`` `service.unreachable` where nobody listens, `service.timed-out` where no answer
    ///   came; `CancellationError`.
    func call<Value: Sendable>(
        _ station: Station,
        from caller: String,
        within deadline: Duration,
        isStream: Bool = false,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try ServiceTime.process.checkAlive()
        let answer = SimulatedAnswer<Value>()
        let end = clock.now + deadline
        if let there = delay(caller, station.name, isLossy: !isStream) {
            let late = isStream ? .zero : lateness()
            // UNSTRUCTURED: what is under way arrives, whether the caller still waits for it or not.
            Task {
                let result = await delivered(to: station, after: there + late, body)
                guard let back = delay(station.name, caller, isLossy: !isStream) else { return }
                guard (try? await clock.sleep(for: back)) != nil else { return }
                answer.give(result)
            }
            if !isStream, let again = repetition() {
                // UNSTRUCTURED: as above; nobody waits for its answer.
                Task { _ = await delivered(to: station, after: again, body) }
            }
        }
        // UNSTRUCTURED: the alarm of this one call.
        let alarm = Task {
            guard (try? await clock.sleep(until: end)) != nil else { return }
            answer.give(.failure(ServiceError(.timedOut, "\(station.name) did not answer within \(deadline)")))
        }
        defer { alarm.cancel() }
        let value = try await answer.awaited()
        try ServiceTime.process.checkAlive()
        return value
    }

    private func delivered<Value: Sendable>(
        to station: Station,
        after delay: Duration,
        _ body: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            let sent = clock.now
            try await clock.sleep(for: delay)
            if let calmed = state.withLock({ $0.calmed }), sent < calmed, clock.now > calmed + Self.longestUsual {
                throw ServiceError(.timedOut, "\(station.name) was never asked")
            }
            guard let process = station.process, process.isAlive else {
                throw ServiceError(.unreachable, "\(station.name) cannot be reached: nobody listens")
            }
            do {
                return .success(try await process.answer(body))
            } catch  where !process.isAlive {
                throw ServiceError(.timedOut, "the connection to \(station.name) broke")
            }
        } catch {
            return .failure(error)
        }
    }
}
