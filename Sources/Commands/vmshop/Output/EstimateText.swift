import CostModel
import ShopAPI

/// Bids and refusals as people read them.
enum EstimateText {
    /// The bids with their terms, the cheapest first, then who does not bid and why.
    static func whole(_ estimate: Estimate) -> String {
        var parts: [String] = []
        if estimate.bids.isEmpty { parts.append("no plant bids") } else { parts.append(bids(estimate.bids)) }
        if !estimate.refusals.isEmpty { parts.append(refusals(estimate.refusals)) }
        return parts.joined(separator: "\n\n")
    }

    /// What is supposed, and what it changes.
    static func comparison(of supposed: Estimate, with real: Estimate) -> String {
        let what = (supposed.supposed ?? []).map(\.rawValue).joined(separator: ", ")
        return "supposed: \(what)\nas it is: \(first(real)); so: \(first(supposed))"
    }

    private static func first(_ estimate: Estimate) -> String {
        guard let bid = estimate.bids.first else { return "no plant bids" }
        return "\(bid.plant) for \(number(bid.cost.total)) \(bid.cost.unit)"
    }

    /// The bids with their terms, the first with a remark.
    static func bids(_ bids: [Bid], remark: String = "would be taken") -> String {
        var table = Table("plant", "total", "policy", "image", "clone", "reused", "left", "terms", "remark")
        for (index, bid) in bids.enumerated() {
            table.add(
                bid.place,
                number(bid.cost.total) + " " + bid.cost.unit,
                bid.cost.policy.rawValue,
                bid.plan.image,
                bid.plan.clone.rawValue,
                String(bid.plan.reused.count),
                String(bid.plan.left.count),
                terms(bid.cost),
                index == 0 ? remark : ""
            )
        }
        return table.text
    }

    /// Who does not bid, and why.
    static func refusals(_ refusals: [Refusal]) -> String {
        var table = Table("no bid from", "because")
        for refusal in refusals {
            for (index, reason) in refusal.reasons.enumerated() { table.add(index == 0 ? refusal.plant : "", reason) }
        }
        return table.text
    }

    /// The terms of a price with their reasons.
    static func terms(_ cost: Cost) -> String {
        cost.terms.map { "\($0.name) \(number($0.value)) (\($0.reason))" }.joined(separator: " + ")
    }

    /// A number with two digits after the point at most.
    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
    }
}

extension Bid {
    /// The plant, and the shops below the one that was asked through which its bid came.
    fileprivate var place: String {
        let shops = via?.dropFirst() ?? []
        return shops.isEmpty ? plant : plant + " via " + shops.joined(separator: ", ")
    }
}
