import ShopAPI

/// What came of asking plants and telling them, as long as one machine is placed: of each plant what it said last, of one
/// that was told how it failed.
struct Attempts {
    private(set) var refusals: [Refusal] = []
    /// How the last plant that tried failed, if one did: it says more than that there is no bid left.
    private(set) var failure: ServiceError?

    /// The URLs of plants that are not told (again).
    private(set) var passedOver: Set<String>
    /// The URLs of plants whose bid had expired: they did nothing, and may be told once more.
    private var expired: Set<String> = []
    /// The names of plants that were told.
    private var told: Set<String> = []

    /// Nothing has come of anything yet.
    ///
    /// - Parameter passedOver: Plants that were told before a restart of the shop.
    init(passedOver: [String]) { self.passedOver = Set(passedOver) }

    /// Takes in what a round brought.
    ///
    /// - Returns: The offers that may be taken up, the best first.
    mutating func take(_ round: Round) -> [Round.Offer] {
        for refusal in round.refusals where !told.contains(refusal.plant) { set(refusal) }
        for offer in round.offers where passedOver.contains(offer.url) && !told.contains(offer.bid.plant) {
            set(Refusal(plant: offer.bid.plant, reasons: ["it was told before and passed over"]))
        }
        return round.offers.filter { !passedOver.contains($0.url) }
    }

    /// Takes in how a plant failed.
    mutating func take(_ failure: PlantFailure, of name: String, at url: String) {
        told.insert(name)
        set(Refusal(plant: name, reasons: [failure.error.message]))
        if failure.error.code.saysWhatFailed { self.failure = failure.error }
        let isLate = failure.error.code == .bidExpired && !failure.mayHold
        if !isLate || !expired.insert(url).inserted { passedOver.insert(url) }
    }

    private mutating func set(_ refusal: Refusal) {
        if let index = refusals.firstIndex(where: { $0.plant == refusal.plant }) {
            refusals[index] = refusal
        } else {
            refusals.append(refusal)
        }
    }
}

extension ErrorCode {
    /// Whether a plant tried, and this is what went wrong.
    fileprivate var saysWhatFailed: Bool { [.guestSilent, .hostFailed, .machineLost].contains(self) }
}
