import Dispatch
import Synchronization

/// Runs file work on threads of its own, never on the cooperative pool.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "vmshop.warehouse", attributes: .concurrent)

    /// Runs `body` on such a thread and waits for it without holding the caller's.
    ///
    /// `body` is told by its ``CancellationFlag`` when the task was cancelled, and looks at it between pieces of work.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (CancellationFlag) throws(WarehouseError) -> Value
    ) async throws(WarehouseError) -> Value {
        let flag = CancellationFlag()
        let result: Result<Value, WarehouseError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.queue.async {
                    continuation.resume(returning: Result { () throws(WarehouseError) in try body(flag) })
                }
            }
        } onCancel: {
            flag.raise()
        }
        return try result.get()
    }
}

/// Says to blocking work that nobody waits for its result any more.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    /// Raises the flag.
    func raise() {
        self.raised.store(true, ordering: .relaxed)
    }

    /// Throws when the flag is up.
    func check() throws(WarehouseError) {
        if self.raised.load(ordering: .relaxed) {
            throw WarehouseError(.cancelled, "the task was cancelled")
        }
    }
}
