/// The state of a plant, as far as a price depends on it, seen from one request.
public struct PlantLoad: Sendable, Hashable, Codable {
    /// Machines that hold resources on the plant, those being created included.
    public var runningMachines: Int
    /// Whether the client domain of the request has a host-only network on this plant.
    public var domainHasNetwork: Bool
    /// How full the plant is with the machine, from 0 to 1: the fullest of places, memory, processors and disk.
    public var fullness = 0.0
    /// Machines on it that were made of the same image.
    public var machinesOfImage = 0
    /// Machines on it of the same client domain.
    public var machinesOfDomain = 0
    /// Seconds since it was given its last machine; nothing when it was given none since its start.
    public var secondsSinceLast: Double?
    /// What its owner asks for an hour of a machine.
    public var price = 0.0

    /// A plant's load, seen from one client domain.
    public init(runningMachines: Int, domainHasNetwork: Bool) {
        self.runningMachines = runningMachines
        self.domainHasNetwork = domainHasNetwork
    }

    /// How full it is, from 0 to 100.
    var percent: Double { 100 * min(1, max(0, fullness)) }
}
