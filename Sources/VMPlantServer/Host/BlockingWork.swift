import BlockingCalls

/// Where this room's work with files is done.
enum BlockingWork {
    private static let queue = BlockingQueue("vmplant.files")

    /// Runs a body that may block, away from the cooperative pool.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await queue.run(body)
    }
}
