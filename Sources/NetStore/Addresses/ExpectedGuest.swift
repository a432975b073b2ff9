/// A machine that has been promised an address and may not have it yet.
public struct ExpectedGuest: Sendable, Hashable {
    /// The machine, as leases name it.
    public var machine: String
    /// Its client domain.
    public var domain: String

    /// A machine that will want an address.
    public init(machine: String, domain: String) {
        self.machine = machine
        self.domain = domain
    }
}
