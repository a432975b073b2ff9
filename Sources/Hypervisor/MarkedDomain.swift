/// What a domain is doing.
public enum DomainState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It runs (or is about to stop).
    case running
    /// It is in memory, and stands still.
    case paused
    /// It is in memory, and stands still because one of its disks could not be written: the host's is full, say. It
    /// goes on where it stopped once it is resumed.
    case stalled
    /// It is defined, and not in memory.
    case stopped
    /// It is not in memory, or stands still, because it failed.
    case crashed
    /// No domain has the name.
    case absent
}

/// A domain that carries our mark.
public struct MarkedDomain: Sendable, Hashable, Codable {
    /// The domain's name.
    public var name: String
    /// The domain's UUID.
    public var uuid: String
    /// Our identifier of the machine.
    public var machineID: String
    /// The name of the plant that made the domain.
    public var plant: String
    /// What the domain was doing when it was asked.
    public var state: DomainState

    /// A marked domain.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - uuid: The domain's UUID.
    ///   - machineID: Our identifier of the machine.
    ///   - plant: The name of the plant.
    ///   - state: What the domain was doing.
    public init(name: String, uuid: String, machineID: String, plant: String, state: DomainState) {
        self.name = name
        self.uuid = uuid
        self.machineID = machineID
        self.plant = plant
        self.state = state
    }
}
