/// Lets a limited number of tasks through at a time: for tests that start processes.
public actor Turnstile {
    private var free: Int
    private var queue: [CheckedContinuation<Void, Never>] = []

    /// A turnstile for that many at a time.
    public init(width: Int) { free = width }

    /// Runs a body when there is room for it.
    public func pass<Value: Sendable>(_ body: @Sendable @concurrent () async throws -> Value) async rethrows -> Value {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { queue.append($0) } }
        defer { if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() } }
        return try await body()
    }
}
