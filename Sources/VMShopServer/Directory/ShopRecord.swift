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
    /// Plants that were seen to hold a machine of this id though this shop did not tell them to.
    var elsewhere: [String]?
    /// Whether this shop was asked to collect it: no plant may have it from then on.
    var isUnwanted: Bool?
    /// The shops that its creation came through: a call of a circle is known also after a restart.
    var path: [String]?
    /// The policy it is placed by.
    var policy: CostPolicy
    /// The last event of the plant that was taken over.
    var lastEvent = 0

    /// Every plant that may hold something of the machine.
    var holders: Set<String> { Set(told + (elsewhere ?? []) + [plant].compactMap(\.self)) }
}

extension MachineRecord where Extra == ShopExtra {
    /// Whether it was learnt from a plant: another shop, or this one before it lost its book, placed it.
    var isAdopted: Bool { document.isEmpty }

    /// Whether another shop was heard to be placing it, and no more is known of it.
    var isOnlyHeardOf: Bool { isAdopted && machine.state == .placing }

    /// Whether the plant's word is simply taken over; where the shop is at work its own state counts.
    var followsPlant: Bool {
        switch machine.state {
        case .ready, .stopped, .lost: true
        case .placing, .creating, .configuring: isAdopted
        case .failed, .collecting, .collected: false
        }
    }

    /// Whether the plant knows better than the shop.
    var isAtPlant: Bool {
        switch machine.state {
        case .creating, .configuring, .ready, .stopped, .lost: true
        case .placing: isAdopted
        case .failed, .collecting, .collected: false
        }
    }
}
