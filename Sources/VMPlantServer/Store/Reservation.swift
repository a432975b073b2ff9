import CostModel
import ShopAPI

/// A place that a plant keeps for a machine to come.
struct Reservation: Sendable, Hashable {
    var machine: MachineID
    /// The bid that it belongs to, which a creation may name.
    var bid: String
    /// The digest of the request that it is kept for.
    var digest: String
    var domain: String
    /// The image that the machine would be made of.
    var image: String
    var claim: ResourceClaim
    /// When it is over, by the ``BootClock``.
    var expires: Int64
}
