/// A network that a hypervisor has and that bears our mark.
public struct MarkedNetwork: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// The plant that made it.
    public var plant: String
    /// Whether it is up.
    public var isActive: Bool

    /// Makes one; drivers do.
    public init(name: String, plant: String, isActive: Bool) {
        self.name = name
        self.plant = plant
        self.isActive = isActive
    }
}

/// Makes a host's private networks agree with the address book. Every call is idempotent.
public protocol NetworkDriver: Sendable {
    /// Makes sure that a network is there, up, and has a fixed DHCP answer for each of these leases, and for no other
    /// machine that the guest filter does not stop anyway.
    func ensure(_ network: GuestNetwork, leases: [GuestLease]) async throws(NetStoreError)
    /// Takes a network down and forgets it. One that is not ours is refused; one that is not there is done.
    func remove(network name: String) async throws(NetStoreError)
    /// Adds the fixed DHCP answer of a lease to its network, at once and for good: before the machine starts.
    func addHost(_ lease: GuestLease) async throws(NetStoreError)
    /// Takes the fixed DHCP answer of a lease back. Where the network is not there, or is not ours, that is done.
    func removeHost(_ lease: GuestLease) async throws(NetStoreError)
    /// All networks that bear our plant's mark, orphans among them.
    func list() async throws(NetStoreError) -> [MarkedNetwork]
    /// The names of all networks that the hypervisor has, whosever they are.
    func names() async throws(NetStoreError) -> Set<String>
}
