import CostModel
import ShopAPI

extension PlacementReport {
    /// Why a plant did not get the machine: for each round a sentence or more.
    ///
    /// - Parameter name: The plant's name.
    /// - Returns: The sentences; none when no round knows the plant.
    func whyNot(_ name: String) -> [String] {
        rounds.flatMap { round in
            round.whyNot(name).map { rounds.count == 1 ? $0 : "round \(round.number): \($0)" }
        }
    }

    /// The plants that any round knows, each once, in order.
    var plants: [String] {
        var seen: Set<String> = []
        let names = rounds.flatMap { $0.offers.map(\.plant) + $0.refusals.map(\.plant) }
        return names.filter { seen.insert($0).inserted }
    }
}

extension PlacementRound {
    fileprivate func whyNot(_ name: String) -> [String] {
        let refused = refusals.filter { $0.plant == name }.flatMap(\.reasons).map { "it did not bid: \($0)" }
        guard let place = offers.firstIndex(where: { $0.plant == name }) else { return refused }
        if let attempt = attempts.last(where: { $0.plant == name }) { return refused + [attempt.outcome] }
        guard let winner = attempts.last.flatMap({ last in offers.first { $0.plant == last.plant } }) else {
            return refused + ["its bid was not taken up"]
        }
        return refused + compare(offers[place], with: winner)
    }

    /// Where two bids differ, term by term.
    private func compare(_ offer: Offer, with winner: Offer) -> [String] {
        let (own, best) = (offer.cost, winner.cost)
        guard own.total != best.total else {
            return [
                "it bid \(EstimateText.number(own.total)) as \(winner.plant) did, which comes first in the shop's list"
            ]
        }
        let terms = own.terms.compactMap { term -> String? in
            let other = best.terms.first { $0.name == term.name }
            guard other?.value != term.value else { return nil }
            return "\(term.name) \(EstimateText.number(term.value)) (\(term.reason)), there "
                + (other.map { "\(EstimateText.number($0.value)) (\($0.reason))" } ?? "nothing")
        }
        return [
            "it bid \(EstimateText.number(own.total)), \(winner.plant) \(EstimateText.number(best.total)): "
                + terms.joined(separator: "; ")
        ]
    }
}

extension PlacementRound.Attempt {
    /// What came of it, in words.
    var outcome: String {
        if isDone { return "made it" }
        return failure.map { "was told to make it, and did not: \($0)" } ?? "was told to make it"
    }
}
