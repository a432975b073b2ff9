/// Everything of the host's network that one machine holds, from check-out to release.
public struct GuestLease: Sendable, Hashable, Codable {
    /// The machine that holds it.
    public var machineID: String
    /// The client domain of the machine.
    public var domain: String
    /// The name of the libvirt network.
    public var network: String
    /// The network's bridge.
    public var bridge: String
    /// The guest's IPv4 address, dotted decimal.
    public var address: String
    /// The guest's Ethernet address, six pairs in lower case.
    public var mac: String
    /// The plant's address on the bridge: DHCP and NFS server of the guest.
    public var gateway: String
    /// The length of the subnet's prefix in bits.
    public var prefixLength: Int
    /// The script share: an absolute directory of the plant.
    public var share: String
    /// The id of the share's NFS export, 1…65535.
    public var exportID: Int
    /// The name of the machine's tap on the host, at most 15 characters.
    public var tap: String

    /// Makes a lease; the address book is who normally does.
    public init(
        machineID: String,
        domain: String,
        network: String,
        bridge: String,
        address: String,
        mac: String,
        gateway: String,
        prefixLength: Int,
        share: String,
        exportID: Int,
        tap: String
    ) {
        self.machineID = machineID
        self.domain = domain
        self.network = network
        self.bridge = bridge
        self.address = address
        self.mac = mac
        self.gateway = gateway
        self.prefixLength = prefixLength
        self.share = share
        self.exportID = exportID
        self.tap = tap
    }
}
