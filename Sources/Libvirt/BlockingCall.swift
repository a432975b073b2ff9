import Dispatch
import Synchronization

/// Runs a call that may block, away from the cooperative pool and with a deadline.
enum BlockingCall {
    /// Runs the call on a thread of its own.
    ///
    /// A queue of its own gives it one: serial queues draw on dispatch's overcommitting pool, which starts a thread for
    /// each that has work, whereas the shared queues have as many threads as processors and would make calls wait.
    ///
    /// - Parameters:
    ///   - operation: Name for the error.
    ///   - deadline: How long to wait.
    ///   - body: The call. When it misses the deadline it is left to finish, and its result is dropped.
    /// - Returns: What the call returned, or `.timedOut`.
    ///
    /// Cancelling the task does not abandon the call: an effect that is under way is better known than guessed.
    static func run<Value: Sendable>(
        _ operation: String,
        deadline: Duration,
        body: @escaping @Sendable () -> Result<Value, VirtError>
    ) async -> Result<Value, VirtError> {
        await withCheckedContinuation { continuation in
            let race = Race(continuation)
            // SAFETY: dispatch sources are thread-safe, though not marked so.
            nonisolated(unsafe) let timer = DispatchSource.makeTimerSource(queue: timers)
            timer.setEventHandler { race.finish(.failure(.timedOut(operation, after: deadline))) }
            timer.schedule(deadline: .now() + deadline.interval)
            timer.activate()
            DispatchQueue(label: "libvirt \(operation)").async {
                race.finish(body())
                timer.cancel()
            }
        }
    }

    private static let timers = DispatchQueue(label: "libvirt deadlines")
}

/// Resumes a continuation once: whoever comes first wins.
private final class Race<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Result<Value, VirtError>, Never>?>

    init(_ continuation: CheckedContinuation<Result<Value, VirtError>, Never>) {
        self.waiting = Mutex(continuation)
    }

    func finish(_ result: Result<Value, VirtError>) {
        let first = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        first?.resume(returning: result)
    }
}

extension VirtError {
    fileprivate static func timedOut(_ operation: String, after deadline: Duration) -> VirtError {
        VirtError(
            code: .timedOut,
            message: "no answer within \(deadline); the call goes on and may still take effect",
            operation: operation
        )
    }
}

extension Duration {
    /// The same for dispatch, in whole microseconds.
    var interval: DispatchTimeInterval {
        let (seconds, attoseconds) = self.components
        return .microseconds(Int(clamping: seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
    }
}
