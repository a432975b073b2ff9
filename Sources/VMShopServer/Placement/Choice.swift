import CostModel
import MachineBook
import ShopAPI

/// What is recorded of a choice, before the plant is told.
extension MachineTransaction where Extra == ShopExtra {
    /// Records a new machine, and the round by which its plant is chosen, where there was one already. A machine that was only heard of from
    /// the shop that now has it made here is no other.
    mutating func begin(_ new: ShopRecord, _ round: Round?) throws -> (record: Shop.Begun, isNew: Bool) {
        if new.extra.path != nil, try record(new.id)?.isOnlyHeardOf == true {
            try replace(new)
        } else {
            let (known, isNew) = try insert(new)
            guard isNew else { return (Shop.Begun(record: known), false) }
        }
        guard let round else { return (Shop.Begun(record: new), true) }
        return (Shop.Begun(record: try note(round, choosing: round.offers.first, of: new.id), round: round), true)
    }

    /// Records a round of bids, and that one of them is taken up, if one is.
    ///
    /// - Returns: The machine's row as it is now.
    /// - Throws: `CancellationError` where the machine is not wanted any more.
    @discardableResult
    mutating func note(_ round: Round, choosing offer: Round.Offer?, of id: MachineID) throws -> ShopRecord {
        try begin(round, of: id)
        guard let offer else { return try update(id, events: round.events) { _ in } }
        return try choose(offer, after: round.events, of: id)
    }

    /// Records that an offer is taken up.
    ///
    /// - Throws: `CancellationError` where the machine is not wanted any more.
    @discardableResult
    mutating func choose(
        _ offer: Round.Offer,
        after events: [MachineEvent] = [],
        of id: MachineID
    ) throws -> ShopRecord {
        let event = MachineEvent(
            kind: .chosen,
            message: "\(offer.bid.plant) is asked to make it, for \(offer.bid.cost.total.formatted)"
        )
        let record = try update(id, events: events + [event]) { record in
            // A collection that came in between tells the plants it finds in this record, so none is added to it now.
            guard record.machine.state.isBeingPlaced else { throw CancellationError() }
            record.extra.plant = offer.url
            if !record.extra.told.contains(offer.url) { record.extra.told.append(offer.url) }
            record.extra.lastEvent = 0
            record.machine.plant = offer.bid.plant
        }
        try tell(offer.bid.plant, of: id)
        return record
    }
}
