/// Lets one task at a time through, in the order of arrival, also across suspensions.
///
/// An actor alone does not: it lets others in at every `await`.
actor AsyncMutex {
    private struct Waiter {
        var ticket: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private var isTaken = false
    private var queue: [Waiter] = []
    private var tickets = 0

    /// Runs `body` while no other task is in one of this mutex.
    ///
    /// - Throws: What `body` throws, `CancellationError` when the task is cancelled before it gets in.
    func run<Value: Sendable>(_ body: @Sendable @concurrent () async throws -> Value) async throws -> Value {
        try await take()
        defer { give() }
        return try await body()
    }

    private func take() async throws {
        try Task.checkCancellation()
        guard isTaken else {
            isTaken = true
            return
        }
        tickets += 1
        let ticket = tickets
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    queue.append(Waiter(ticket: ticket, continuation: continuation))
                }
            }
        } onCancel: {
            // UNSTRUCTURED: ends at once; nobody waits for it.
            Task { await leave(ticket) }
        }
    }

    /// Takes a waiter out of the queue; one that got in meanwhile is let be.
    private func leave(_ ticket: Int) {
        guard let index = queue.firstIndex(where: { $0.ticket == ticket }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func give() {
        if queue.isEmpty {
            isTaken = false
        } else {
            queue.removeFirst().continuation.resume()
        }
    }
}
