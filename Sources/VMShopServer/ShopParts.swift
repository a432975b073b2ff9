import Logging
import MachineBook
import ShopAPI

/// What the parts of a shop share.
struct ShopParts: Sendable {
    let settings: ShopSettings
    let plants: Plants
    let machines: MachineStore<ShopExtra>
    let owed: OwedCollections
    let rounds: RoundBook
    /// The places that plants keep for machines to come.
    let kept = KeptPlaces()
    /// What plants told of themselves.
    let board: BidBoard
    /// Which placements are taken on.
    let gate: Gate
    /// When the shop's book was begun: what was placed before that, it may have forgotten.
    let bookBegun: Timestamp
    let logger: Logger
}
