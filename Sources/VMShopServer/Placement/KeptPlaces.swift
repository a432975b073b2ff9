import ShopAPI

/// At which plants places are kept for machines to come, as long as they are. Forgotten when the shop is started anew: then
/// the places are free again when they are over.
actor KeptPlaces {
    /// A place and where it is.
    struct Place: Sendable, Hashable {
        var url: String
        var bid: Bid
        /// The digest of the request that it is kept for.
        var digest: String
    }

    private var places: [MachineID: (place: Place, end: ContinuousClock.Instant)] = [:]

    /// Notes that a plant keeps a place for a machine, for as long as its bid says.
    func note(_ place: Place, for id: MachineID) {
        let now = ServiceTime.now
        places = places.filter { $0.value.end > now }
        let life = Duration.milliseconds(place.bid.validUntil.milliseconds - Timestamp.now.milliseconds)
        places[id] = (place, now + life)
    }

    /// Whether a place is kept for a machine.
    func holds(_ id: MachineID) -> Bool { places[id].map { $0.end > ServiceTime.now } ?? false }

    /// The place of a machine, if one is kept. Somebody uses it, or gives it back: it is forgotten.
    func take(_ id: MachineID) -> Place? {
        guard let (place, end) = places.removeValue(forKey: id), end > ServiceTime.now else { return nil }
        return place
    }
}
