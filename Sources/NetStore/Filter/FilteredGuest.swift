/// What the guest filter pins together: a tap, and the MAC and address that may come in from it.
public struct FilteredGuest: Sendable, Hashable, Codable {
    /// The name of the tap.
    public let tap: String
    /// The guest's Ethernet address.
    public let mac: String
    /// The guest's IPv4 address.
    public let address: IPv4Address
    /// The plant's address on the guest's bridge.
    public let gateway: IPv4Address

    /// Makes one of checked values.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` when one of them is not what it should be.
    public init(tap: String, mac: String, address: String, gateway: String) throws(NetStoreError) {
        try NameRules.checkInterface(tap)
        try NameRules.checkMAC(mac)
        guard let guest = IPv4Address(address), let plant = IPv4Address(gateway) else {
            throw NetStoreError(
                .invalid,
                "\(NameRules.quoted(address)) or \(NameRules.quoted(gateway)) is not an IPv4 address"
            )
        }
        self.tap = tap
        self.mac = mac
        self.address = guest
        self.gateway = plant
    }

    /// What belongs to a lease.
    public init(lease: GuestLease) throws(NetStoreError) {
        try self.init(tap: lease.tap, mac: lease.mac, address: lease.address, gateway: lease.gateway)
    }

    /// The element of the set `links`.
    var link: String { "\"\(tap)\" . \(mac)" }
    /// The element of the set `paths`.
    var path: String { "\"\(tap)\" . \(mac) . \(address) . \(gateway)" }
}
