/// A private network of a plant: one a client domain, or one a bridge of an imported `ip.txt`.
public struct GuestNetwork: Sendable, Hashable, Codable {
    /// What the book wants of a network.
    public enum State: String, Sendable, Hashable, Codable {
        /// It is, or is to be, there.
        case wanted
        /// It is to go: the hypervisor's network first, then the row.
        case removing
    }

    /// The name of the libvirt network.
    public var name: String
    /// The client domain that owns it; nil for an imported bridge, which several may use.
    public var domain: String?
    /// The bridge, at most 15 characters.
    public var bridge: String
    /// Its addresses.
    public var subnet: IPv4Subnet
    /// The plant's own address on it.
    public var gateway: IPv4Address
    /// What the book wants of it.
    public var state: State

    /// Makes a network; the address book is who normally does.
    public init(
        name: String,
        domain: String?,
        bridge: String,
        subnet: IPv4Subnet,
        gateway: IPv4Address,
        state: State = .wanted
    ) {
        self.name = name
        self.domain = domain
        self.bridge = bridge
        self.subnet = subnet
        self.gateway = gateway
        self.state = state
    }
}
