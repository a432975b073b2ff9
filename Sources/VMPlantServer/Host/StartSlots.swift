/// Lets so many guests start at a time, in the order of arrival. More than there are processors only take turns at being late:
/// each serves its timer meanwhile, and waits for what another one's disk or share is busy with.
///
/// A guest that takes long does not count after a while, so that one that never reports holds up no other.
actor StartSlots {
    private struct Waiter {
        var ticket: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private let limit: Int
    private let patience: Duration
    private var holders: Set<Int> = []
    private var queue: [Waiter] = []
    private var tickets = 0

    /// Slots.
    ///
    /// - Parameters:
    ///   - limit: How many there are.
    ///   - patience: After which time a guest does not count any more.
    init(_ limit: Int, patience: Duration = .seconds(5)) { (self.limit, self.patience) = (limit, patience) }

    /// Runs `body` in a slot.
    ///
    /// - Throws: What `body` throws, `CancellationError` when the task is cancelled before it gets one.
    func run<Value: Sendable>(_ body: @Sendable @concurrent () async throws -> Value) async throws -> Value {
        let ticket = try await take()
        async let _ = leaveLate(ticket)
        defer { leave(ticket) }
        return try await body()
    }

    private func leaveLate(_ ticket: Int) async {
        guard (try? await Task.sleep(for: patience)) != nil else { return }
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

    /// Takes a waiter out of the queue; one that got a slot meanwhile is let be.
    private func giveUp(_ ticket: Int) {
        guard let index = queue.firstIndex(where: { $0.ticket == ticket }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func leave(_ ticket: Int) {
        guard holders.remove(ticket) != nil, !queue.isEmpty else { return }
        let next = queue.removeFirst()
        holders.insert(next.ticket)
        next.continuation.resume()
    }
}
