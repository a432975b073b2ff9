import ShopAPI

/// Wakes those who wait for the next event of a machine.
actor EventHub {
    private var waiting: [MachineID: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var versions: [MachineID: Int] = [:]
    private var tickets = 0

    /// Says that a machine has a new event.
    func notify(_ id: MachineID) {
        versions[id, default: 0] += 1
        for continuation in (waiting.removeValue(forKey: id) ?? [:]).values { continuation.resume() }
    }

    /// The number of notifications so far: take it before looking, pass it to ``wait(for:after:atMost:)``.
    func version(_ id: MachineID) -> Int { versions[id] ?? 0 }

    /// Returns when the machine has an event that came after `version`, when the time is over or the task is cancelled.
    func wait(for id: MachineID, after version: Int, atMost limit: Duration) async {
        guard versions[id] ?? 0 == version, limit > .zero, !Task.isCancelled else { return }
        tickets += 1
        let ticket = tickets
        // UNSTRUCTURED: the alarm of this one wait; cancelled below as soon as the wait is over.
        let alarm = Task {
            try? await Task.sleep(for: limit)
            wake(id, ticket)
        }
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiting[id, default: [:]][ticket] = $0 }
        } onCancel: {
            alarm.cancel()
        }
    }

    private func wake(_ id: MachineID, _ ticket: Int) {
        waiting[id]?.removeValue(forKey: ticket)?.resume()
        if waiting[id]?.isEmpty == true { waiting[id] = nil }
    }
}
