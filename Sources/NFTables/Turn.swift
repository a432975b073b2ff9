import Dispatch
import Synchronization

/// One piece of work that waits for its turn on a queue, and whose caller does not wait for ever.
///
/// What is still waiting at its deadline is not begun at all: a batch that is carried out late could undo a newer one.
final class Turn<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Result<Value, NFTablesError>, Never>?>

    private init(_ continuation: CheckedContinuation<Result<Value, NFTablesError>, Never>) {
        waiting = Mutex(continuation)
    }

    /// Runs a body on a queue.
    ///
    /// - Parameters:
    ///   - queue: Where it runs, one after the other.
    ///   - deadline: How long to wait, the time in the queue included.
    ///   - body: The work. When it misses the deadline it is left to finish, and its result is dropped.
    /// - Returns: The body's value.
    /// - Throws: What it throws, or that it took too long.
    static func run(
        on queue: DispatchQueue,
        deadline: DispatchTimeInterval,
        _ body: @escaping @Sendable () throws(NFTablesError) -> Value
    ) async throws(NFTablesError) -> Value {
        let result = await withCheckedContinuation { continuation in
            let turn = Turn(continuation)
            queue.async {
                guard turn.isAwaited else { return }
                turn.finish(Result { () throws(NFTablesError) -> Value in try body() })
            }
            DispatchQueue(label: "nftables deadline").asyncAfter(deadline: .now() + deadline) {
                let message = "the packet filter did not answer in time; a change may still take effect"
                turn.finish(.failure(NFTablesError(commands: "", message: message)))
            }
        }
        return try result.get()
    }

    private var isAwaited: Bool { waiting.withLock { $0 != nil } }

    private func finish(_ result: Result<Value, NFTablesError>) {
        let first = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        first?.resume(returning: result)
    }
}
