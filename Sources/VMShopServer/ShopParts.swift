import Logging
import MachineBook

/// What the parts of a shop share.
struct ShopParts: Sendable {
    let settings: ShopSettings
    let plants: Plants
    let machines: MachineStore<ShopExtra>
    let owed: OwedCollections
    let logger: Logger
}
