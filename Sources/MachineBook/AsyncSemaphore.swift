import ShopAPI

/// Lets so many tasks at a time through, in the order of arrival, also across suspensions.
///
/// An actor alone does not: it lets others in at every `await`.
public actor AsyncSemaphore {
    private struct Waiter {
        var ticket: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private var limit: Int
    private let patience: Duration?
    private var holders: Set<Int> = []
    private var queue: [Waiter] = []
    private var tickets = 0

    /// A semaphore.
    ///
    /// - Parameters:
    ///   - limit: How many are let through at a time.
    ///   - patience: After which time one that is through does not count any more; nothing where it does as long as it takes.
    public init(_ limit: Int = 1, patience: Duration? = nil) { (self.limit, self.patience) = (limit, patience) }

    /// Lets so many through at a time from now on.
    public func set(limit: Int) {
        self.limit = limit
        letIn()
    }

    /// Runs `body` as one of those that are let through.
    ///
    /// - Parameter body: What is done.
    /// - Returns: What the body returns.
    /// - Throws: What `body` throws, `CancellationError` when the task is cancelled before it gets in.
    public func run<Value: Sendable>(_ body: @Sendable @concurrent () async throws -> Value) async throws -> Value {
        let ticket = try await take()
        async let _ = leaveLate(ticket)
        defer { leave(ticket) }
        return try await body()
    }

    private func leaveLate(_ ticket: Int) async {
        guard let patience, (try? await ServiceTime.sleep(for: patience)) != nil else { return }
        leave(ticket)
    }

    private func take() async throws -> Int {
        try Task.checkCancellation()
        tickets += 1
        let ticket = tickets
        guard holders.count >= limit else {
            holders.insert(ticket)
            return ticket
        }
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
            Task { await giveUp(ticket) }
        }
        return ticket
    }

    /// Takes a waiter out of the queue; one that got in meanwhile is let be.
    private func giveUp(_ ticket: Int) {
        guard let index = queue.firstIndex(where: { $0.ticket == ticket }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func leave(_ ticket: Int) {
        guard holders.remove(ticket) != nil else { return }
        letIn()
    }

    private func letIn() {
        while holders.count < limit, !queue.isEmpty {
            let next = queue.removeFirst()
            holders.insert(next.ticket)
            next.continuation.resume()
        }
    }
}
