import BlockingCalls
import Dispatch

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
            let limit = Deadline(deadline) { race.finish(.failure(.timedOut(operation, after: deadline))) }
            DispatchQueue(label: "libvirt \(operation)").async {
                race.finish(body())
                limit.cancel()
            }
        }
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
