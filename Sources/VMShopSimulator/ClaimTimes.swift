import ShopAPI

/// When machines were first claimed by a plant, for all plants of a site.
actor ClaimTimes {
    private(set) var all: [MachineID: ContinuousClock.Instant] = [:]

    /// A plant has claimed a machine, durably.
    func note(_ id: MachineID) { if all[id] == nil { all[id] = .now } }

    /// Whether a plant has claimed a machine.
    func holds(_ id: MachineID) -> Bool { all[id] != nil }
}
