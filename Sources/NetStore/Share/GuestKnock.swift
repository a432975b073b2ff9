import CLinuxFiles

/// Tells a guest that there is something new in its share: a datagram without content, from the plant's address on the
/// guest's bridge. A guest that looked for itself often enough to be quick would take an emulated host's time.
///
/// It is a hint. Nothing depends on its arrival: a guest looks now and then all the same, and one that gets a datagram of
/// anybody's merely looks.
public enum GuestKnock {
    /// The UDP port at which a guest's runner listens while it waits.
    static let port: UInt16 = 8101

    /// Sends it. Does not wait. Where this host has no such address there is no such guest either, and nothing is sent.
    ///
    /// - Returns: Whether it was sent; whether it arrived nobody knows.
    @discardableResult
    public static func send(to lease: GuestLease) -> Bool {
        guard let guest = IPv4Address(lease.address), let plant = IPv4Address(lease.gateway) else { return false }
        return vmshop_send_empty(plant.value, guest.value, port) == 0
    }
}
