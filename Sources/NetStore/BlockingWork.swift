import Dispatch

/// Where work that blocks is done: threads of Dispatch, never those of the cooperative pool.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "vmshop.netstore.blocking", attributes: .concurrent)

    /// Runs a blocking body on a thread that may block, and waits for it without holding one that may not.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(NetStoreError) -> Value
    ) async throws(NetStoreError) -> Value {
        let result: Result<Value, NetStoreError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(NetStoreError) -> Value in try body() })
            }
        }
        return try result.get()
    }
}
