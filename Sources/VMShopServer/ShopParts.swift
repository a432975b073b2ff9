import Logging
import MachineBook
import ServerSettings
import ShopAPI

/// What the parts of a shop share.
struct ShopParts: Sendable {
    let settings: ShopSettings
    let plants: Plants
    let machines: MachineStore<ShopExtra>
    let owed: OwedCollections
    let rounds: RoundBook
    let joined: JoinedPlants
    let gangs: GangBook
    /// What plants that join must know; nothing where none may.
    let joinKey: SharedKey?
    /// The places that plants keep for machines to come.
    let kept = KeptPlaces()
    /// What plants told of themselves.
    let board: BidBoard
    /// What plants tell of the machines that they make.
    let mail = ProgressMail()
    /// Which placements are taken on.
    let gate: Gate
    /// The starts of shops that call this one.
    let epochs: ShopEpochs
    /// What is supposed at a time: each has all plants tell everything.
    let suppositions = Gate(limit: 4, what: "answering what would be if for")
    /// When the shop's book was begun: what was placed before that, it may have forgotten.
    let bookBegun: Timestamp
    let logger: Logger
}
