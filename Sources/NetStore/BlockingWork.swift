import BlockingCalls

/// Where this room's work with files is done.
enum BlockingWork {
    private static let queue = BlockingQueue("vmshop.netstore")

    /// Runs a body that may block, away from the cooperative pool.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(NetStoreError) -> Value
    ) async throws(NetStoreError) -> Value {
        try await queue.run(body)
    }
}
