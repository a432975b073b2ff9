/// A block of IPv4 addresses, `10.90.3.0/24` say.
public struct IPv4Subnet: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The first address of the block.
    public var base: IPv4Address
    /// How many leading bits all of its addresses share, 1…32.
    public var prefixLength: Int

    /// The block of this size that contains an address.
    public init(containing address: IPv4Address, prefixLength: Int) {
        let size = min(max(prefixLength, 1), 32)
        self.prefixLength = size
        self.base = IPv4Address(value: address.value & (UInt32.max << UInt32(32 - size)))
    }

    /// The block written as `base/length`; nil when it is not one, or when the base has bits beyond the length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(String(parts[0])) else { return nil }
        guard let length = Int(parts[1]), (1...32).contains(length), String(length) == parts[1] else { return nil }
        self.init(containing: address, prefixLength: length)
        guard base == address else { return nil }
    }

    /// How many addresses the block has, its base and its broadcast address included.
    public var size: Int { 1 << (32 - prefixLength) }

    /// The last address, which is the broadcast address.
    public var last: IPv4Address { IPv4Address(value: base.value + UInt32(size - 1)) }

    /// The netmask in dotted decimal.
    public var netmask: String { IPv4Address(value: UInt32.max << UInt32(32 - prefixLength)).description }

    /// Whether the address lies in the block.
    public func contains(_ address: IPv4Address) -> Bool { base <= address && address <= last }

    /// Whether the address can be given to a host: in the block, and neither its base nor its broadcast address.
    public func hasHost(_ address: IPv4Address) -> Bool { base < address && address < last }

    /// Whether the two blocks have an address in common.
    public func overlaps(_ other: IPv4Subnet) -> Bool { contains(other.base) || other.contains(base) }

    /// `base/length`.
    public var description: String { "\(base)/\(prefixLength)" }
}
