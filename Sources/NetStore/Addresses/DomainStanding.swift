/// What a plant's address book has for a client domain.
public struct DomainStanding: Sendable, Hashable {
    /// How many machines of the domain could get an address.
    public var free: Int
    /// Whether the domain uses a network already, which makes another machine of it cheaper.
    public var hasNetwork: Bool
}
