import CostModel
import MachineBook
import ShopAPI

/// A machine's row in a shop's book.
typealias ShopRecord = MachineRecord<ShopExtra>

/// What a shop keeps beside a machine.
struct ShopExtra: Codable, Sendable, Hashable {
    /// The plant that was chosen: recorded before it is told, so that a restart asks it first.
    var plant: String?
    /// Plants that may hold something of the machine: all that were ever told to make it.
    var told: [String] = []
    /// The policy it is placed by.
    var policy: CostPolicy
    /// The bids and refusals it was placed by.
    var estimate: Estimate?
    /// The last event of the plant that was taken over.
    var lastEvent = 0
}
