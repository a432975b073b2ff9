/// What a machine takes of its plant for as long as it is there.
public struct ResourceClaim: Sendable, Hashable, Codable {
    /// Bytes of memory.
    public var memory: Int
    /// Processors.
    public var cpus: Int
    /// Bytes that its disks may come to fill.
    public var disk: Int

    /// No more than a place.
    public static let nothing = ResourceClaim(memory: 0, cpus: 0, disk: 0)

    /// A claim on so much.
    public init(memory: Int, cpus: Int, disk: Int) {
        self.memory = memory
        self.cpus = cpus
        self.disk = disk
    }
}

/// What a plant has promised already.
public struct Commitments: Sendable, Hashable, Codable {
    /// Machines that hold resources.
    public var machines: Int
    /// Places that are kept for machines to come.
    public var reservations: Int
    /// What all of them claim together.
    public var claim: ResourceClaim

    /// So many machines and places with their claims.
    public init(machines: Int, reservations: Int, claim: ResourceClaim) {
        self.machines = machines
        self.reservations = reservations
        self.claim = claim
    }
}
