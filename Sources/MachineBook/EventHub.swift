import ShopAPI

/// Wakes those who wait for the next event of a machine.
actor EventHub {
    private var waiting: [MachineID: [Int: CheckedContinuation<Void, Never>]] = [:]
    /// The number of the last notification of each machine, but for those that are forgotten.
    private var last: [MachineID: Int] = [:]
    /// Any machine that is not in `last` may have been notified up to here.
    private var forgotten = 0
    private var tickets = 0
    /// More than this are not remembered: whoever asks for another looks once more for nothing.
    private static let mostRemembered = 1_000

    /// Those who are told of every machine.
    private var watchers: [ObjectIdentifier: ChangedMachines] = [:]

    /// The number of notifications so far: take it before looking, pass it to ``wait(for:after:atMost:)``.
    private(set) var version = 0

    /// Says that a machine has a new event.
    func notify(_ id: MachineID) {
        version += 1
        last[id] = version
        if last.count > Self.mostRemembered {
            last = [:]
            forgotten = version
        }
        for continuation in (waiting.removeValue(forKey: id) ?? [:]).values { continuation.resume() }
        for watcher in watchers.values { watcher.add(id) }
    }

    func add(_ watcher: ChangedMachines) { watchers[ObjectIdentifier(watcher)] = watcher }

    func remove(_ watcher: ChangedMachines) { watchers[ObjectIdentifier(watcher)] = nil }

    /// Returns when the machine has an event that came after `version`, when the time is over or the task is cancelled.
    func wait(for id: MachineID, after version: Int, atMost limit: Duration) async {
        guard last[id] ?? forgotten <= version, limit > .zero, !Task.isCancelled else { return }
        tickets += 1
        let ticket = tickets
        // UNSTRUCTURED: the alarm of this one wait; cancelled below as soon as the wait is over.
        let alarm = Task {
            try? await ServiceTime.sleep(for: limit)
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
