import CostModel
import ShopAPI

/// How a machine was placed, as people read it.
enum PlacementText {
    /// Every round.
    static func whole(_ report: PlacementReport) -> String {
        let place = report.plant.map { "is at \($0)" } ?? "is at no plant"
        let policy = report.policy.map { ", placed by the policy \($0.text)" } ?? ""
        let head = "machine \(report.machine) \(place)\(policy)"
        guard !report.rounds.isEmpty else { return head + "\nno bids of it are kept here" }
        return ([head] + report.rounds.map(round)).joined(separator: "\n\n")
    }

    private static func round(_ round: PlacementRound) -> String {
        let way =
            switch round.way {
            case .asked: "all plants were asked"
            case .kept: "a place was kept, no other plant was asked"
            case .told: "by what the plants had told of themselves; the cheapest are shown"
            case .probed: "by what the plants had told of themselves, and two of the cheapest were asked"
            }
        var parts = ["round \(round.number), \(round.time): \(way)"]
        parts.append(round.offers.isEmpty ? "no plant bids" : bids(round))
        if !round.refusals.isEmpty { parts.append(EstimateText.refusals(round.refusals)) }
        return parts.joined(separator: "\n")
    }

    private static func bids(_ round: PlacementRound) -> String {
        var table = Table("plant", "total", "image", "ready in", "terms", "outcome")
        for offer in round.offers {
            table.add(
                offer.plant,
                EstimateText.number(offer.cost.total) + " " + offer.cost.unit,
                offer.image,
                EstimateText.number(offer.seconds) + " s",
                EstimateText.terms(offer.cost),
                round.attempts.last { $0.plant == offer.plant }?.outcome ?? ""
            )
        }
        return table.text
    }
}
