/// How a plant's addresses are cut and its things are named. Every value is checked when the plan is made.
public struct AddressPlan: Sendable, Hashable {
    /// The block from which every client domain gets a subnet.
    public var pool: IPv4Subnet
    /// The size of a domain's subnet, 24…29 bits. The first address is the plant's, the others are for guests.
    public var subnetLength: Int
    /// The start of the names of libvirt networks: `<prefix>-net<n>`.
    public var networkPrefix: String
    /// The start of the names of bridges: `<prefix><n>`.
    public var bridgePrefix: String
    /// The start of the names of taps: `<prefix><address in hexadecimal>`. The guest filter holds every interface
    /// whose name starts like this.
    public var tapPrefix: String
    /// The directory that holds one directory per machine.
    public var shareRoot: String
    /// The NFS export ids that the plant may use. Those of other exports of the same server must lie outside.
    public var exportIDs: ClosedRange<Int>
    /// How many seconds a released address rests before someone else may have it.
    public var quarantine: Double
    /// The size of the subnet to which the addresses of an imported `ip.txt` belong, 16…29 bits.
    public var importedLength: Int

    /// Makes a plan.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` naming the setting that cannot work.
    public init(
        pool: String,
        subnetLength: Int = 24,
        networkPrefix: String = "vmshop",
        bridgePrefix: String = "vmsbr",
        tapPrefix: String = "vmst",
        shareRoot: String,
        exportIDs: ClosedRange<Int> = 100...60_000,
        quarantine: Double = 60,
        importedLength: Int = 24
    ) throws(NetStoreError) {
        guard let block = IPv4Subnet(pool) else {
            throw NetStoreError(.invalid, "address pool \(NameRules.quoted(pool)) is not a block like 10.90.0.0/16")
        }
        self.pool = block
        self.subnetLength = subnetLength
        self.networkPrefix = networkPrefix
        self.bridgePrefix = bridgePrefix
        self.tapPrefix = tapPrefix
        self.shareRoot = shareRoot
        self.exportIDs = exportIDs
        self.quarantine = quarantine
        self.importedLength = importedLength
        try check()
    }

    private func check() throws(NetStoreError) {
        guard (24...29).contains(subnetLength), (8...subnetLength).contains(pool.prefixLength) else {
            throw NetStoreError(
                .invalid,
                "subnets of /\(subnetLength) cannot be cut from \(pool): /24…/29 from a /8 or less"
            )
        }
        guard (16...29).contains(importedLength) else {
            throw NetStoreError(.invalid, "imported addresses are of subnets of /16…/29, not /\(importedLength)")
        }
        guard exportIDs.lowerBound >= 1, exportIDs.upperBound <= 65_535 else {
            throw NetStoreError(.invalid, "export ids must lie in 1…65535, not \(exportIDs)")
        }
        guard quarantine >= 0, quarantine.isFinite else {
            throw NetStoreError(.invalid, "a quarantine of \(quarantine) s makes no sense")
        }
        try NameRules.checkLabel(networkPrefix)
        try NameRules.checkPath(shareRoot)
        try NameRules.checkInterface(bridgePrefix + String(subnetCount - 1))
        try NameRules.checkInterface(tapPrefix + pool.base.hex)
        guard !bridgePrefix.hasPrefix(tapPrefix) else {
            throw NetStoreError(.invalid, "bridges \(bridgePrefix)… would be taken for taps \(tapPrefix)…")
        }
    }

    /// How many client domains the pool can hold.
    public var subnetCount: Int { 1 << (subnetLength - pool.prefixLength) }

    /// How many guests a domain's subnet can hold: all but its base, the plant's own and the broadcast address.
    public var guestsPerSubnet: Int { (1 << (32 - subnetLength)) - 3 }

    /// The subnet with a number, from 0.
    func subnet(_ index: Int) -> IPv4Subnet {
        let base = pool.base.value + UInt32(index) << UInt32(32 - subnetLength)
        return IPv4Subnet(containing: IPv4Address(value: base), prefixLength: subnetLength)
    }

    /// The name of the libvirt network of the subnet with a number.
    func networkName(_ index: Int) -> String { "\(networkPrefix)-net\(index)" }

    /// The name of the tap that belongs to an address.
    func tap(for address: IPv4Address) -> String { tapPrefix + address.hex }
}
