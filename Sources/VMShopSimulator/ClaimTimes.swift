import ShopAPI

/// When machines were first claimed by a plant, for all plants of a site.
actor ClaimTimes {
    private(set) var all: [MachineID: ContinuousClock.Instant] = [:]

    private var waiting: [MachineID: CheckedContinuation<Void, Never>] = [:]

    /// A plant has claimed a machine, durably.
    func note(_ id: MachineID) {
        if all[id] == nil { all[id] = .now }
        waiting.removeValue(forKey: id)?.resume()
    }

    /// Waits until a plant has claimed a machine, a tenth of a second at most. One at a time waits for a machine.
    ///
    /// - Returns: Whether one has.
    func awaitClaim(_ id: MachineID) async -> Bool {
        guard all[id] == nil else { return true }
        // UNSTRUCTURED: the alarm of this one wait.
        let alarm = Task {
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
            waiting.removeValue(forKey: id)?.resume()
        }
        await withCheckedContinuation { waiting[id] = $0 }
        alarm.cancel()
        return all[id] != nil
    }
}
