import CostModel
import MachineBook
import ShopAPI

/// What is recorded of a choice, before the plant is told.
extension MachineTransaction where Extra == ShopExtra {
    /// Records a new machine, and the round by which its plant is chosen, where there was one already. A machine that was only heard of from
    /// the shop that now has it made here is no other.
    mutating func begin(_ new: ShopRecord, _ round: Round?) throws -> (record: Shop.Begun, isNew: Bool) {
        var new = new
        let offer = round?.offers.first
        if let offer { new.choose(offer) }
        let events = (round?.events ?? []) + [offer?.event].compactMap(\.self)
        if new.extra.path != nil, try record(new.id)?.isOnlyHeardOf == true {
            try replace(new, events: events)
        } else {
            let (known, isNew) = try insert(new, events: events)
            guard isNew else { return (Shop.Begun(record: known), false) }
        }
        if let round { try begin(round, of: new.id) }
        if let offer { try tell(offer.bid.plant, of: new.id) }
        return (Shop.Begun(record: new, round: round), true)
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
        let record = try update(id, events: events + [offer.event]) { record in
            // A collection that came in between tells the plants it finds in this record, so none is added to it now.
            guard record.machine.state.isBeingPlaced else { throw CancellationError() }
            record.choose(offer)
        }
        try tell(offer.bid.plant, of: id)
        return record
    }
}

extension MachineRecord where Extra == ShopExtra {
    /// An offer is taken up.
    fileprivate mutating func choose(_ offer: Round.Offer) {
        extra.plant = offer.url
        if !extra.told.contains(offer.url) { extra.told.append(offer.url) }
        extra.lastEvent = 0
        machine.plant = offer.bid.plant
    }
}

extension Round.Offer {
    /// That it is taken up.
    fileprivate var event: MachineEvent {
        MachineEvent(kind: .chosen, message: "\(bid.plant) is asked to make it, for \(bid.cost.total.formatted)")
    }
}
