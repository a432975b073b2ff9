import Synchronization

/// Tells every reader what happens to the domains.
final class QEMUEvents: Sendable {
    private struct State {
        var next = 0
        var readers: [Int: AsyncStream<HypervisorEvent>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// A stream from now on, until its reader stops.
    func stream() -> AsyncStream<HypervisorEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: HypervisorEvent.self,
            bufferingPolicy: .bufferingNewest(4096)
        )
        let number = state.withLock { state in
            defer { state.next += 1 }
            state.readers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.leave(number) }
        return stream
    }

    func tell(_ event: HypervisorEvent) {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers { reader.yield(event) }
    }

    private func leave(_ number: Int) { state.withLock { _ = $0.readers.removeValue(forKey: number) } }
}
