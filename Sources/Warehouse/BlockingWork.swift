import BlockingCalls
import Synchronization

/// Runs file work on threads of its own, never on the cooperative pool.
enum BlockingWork {
    private static let queue = BlockingQueue("vmshop.warehouse")

    /// Runs `body` on such a thread and waits for it without holding the caller's.
    ///
    /// `body` is told by its ``CancellationFlag`` when the task was cancelled, and looks at it between pieces of work.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (CancellationFlag) throws(WarehouseError) -> Value
    ) async throws(WarehouseError) -> Value {
        let flag = CancellationFlag()
        // Its own throw is untyped.
        let result: Result<Value, WarehouseError> = await withTaskCancellationHandler {
            do throws(WarehouseError) {
                return .success(try await self.queue.run { () throws(WarehouseError) -> Value in try body(flag) })
            } catch {
                return .failure(error)
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
