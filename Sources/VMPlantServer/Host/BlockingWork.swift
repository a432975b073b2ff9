import Dispatch

/// Where this room's work with files is done: threads of Dispatch, never those of the cooperative pool.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "vmplant.blocking", attributes: .concurrent)

    /// Runs a body that may block, and waits for it without holding a thread that may not.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
