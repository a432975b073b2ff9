/// Lets one task at a time through, in the order of arrival, also across suspensions.
///
/// An actor alone does not: it lets others in at every `await`.
actor AsyncMutex {
    private var isTaken = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    /// Runs `body` while no other task is in one of this mutex.
    func run<Value: Sendable>(_ body: @Sendable @concurrent () async throws -> Value) async rethrows -> Value {
        await take()
        defer { give() }
        return try await body()
    }

    private func take() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func give() {
        if queue.isEmpty {
            isTaken = false
        } else {
            queue.removeFirst().resume()
        }
    }
}
