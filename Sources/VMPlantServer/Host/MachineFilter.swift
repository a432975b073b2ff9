import NetStore

/// What keeps a guest to its own address: the nftables filter, or nothing where the configuration says so.
protocol MachineFilter: Sendable {
    /// Lets the machine's tap use its MAC and address, before the tap exists.
    func admit(_ lease: GuestLease) async throws
    /// Takes that back.
    func expel(_ lease: GuestLease) async throws
    /// Makes the filter hold exactly the machines of the address book.
    func ensure() async throws
    /// Whether the filter is as it was made, as far as others could have changed it.
    func isIntact() async throws -> Bool
}

extension GuestFilter: MachineFilter {
    func ensure() async throws { try await ensureTable() }
}

/// No filter: `network.filter: false`, or a hypervisor without taps such as libvirt's test driver.
struct NoFilter: MachineFilter {
    func admit(_ lease: GuestLease) async throws {}
    func expel(_ lease: GuestLease) async throws {}
    func ensure() async throws {}
    func isIntact() async throws -> Bool { true }
}
