import ShopAPI

/// Wakes those who wait for something to happen to a machine.
actor Bell {
    private var waiting: [MachineID: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var tickets = 0

    /// Something happened to a machine.
    func ring(for id: MachineID) { for waiter in (waiting.removeValue(forKey: id) ?? [:]).values { waiter.resume() } }

    /// Returns when something has happened to a machine, when the time is over or the process dies.
    func wait(for id: MachineID, atMost limit: Duration) async {
        tickets += 1
        let ticket = tickets
        // UNSTRUCTURED: the alarm of this one wait.
        let alarm = Task {
            try? await ServiceTime.sleep(for: limit)
            waiting[id]?.removeValue(forKey: ticket)?.resume()
        }
        await withCheckedContinuation { waiting[id, default: [:]][ticket] = $0 }
        alarm.cancel()
    }
}
