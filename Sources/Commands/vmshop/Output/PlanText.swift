import CostModel
import ShopAPI

/// Plans as people read them: a table of steps for each plant.
enum PlanText {
    /// All plans, the one that would be taken first, then who has none and why.
    static func whole(_ estimate: Estimate) -> String {
        var parts = estimate.bids.enumerated().map { plan($1, wouldBeTaken: $0 == 0) }
        if parts.isEmpty { parts.append("no plant has a plan") }
        if !estimate.refusals.isEmpty { parts.append(EstimateText.refusals(estimate.refusals)) }
        return parts.joined(separator: "\n\n")
    }

    private static func plan(_ bid: Bid, wouldBeTaken: Bool) -> String {
        let plan = bid.plan
        var table = Table("step", "what", "expected", "9 of 10 within", "why")
        if let transfer = plan.work.transfer {
            let what = "fetched from \(transfer.source), \(SizeText.rounded(transfer.bytes))"
            table.add("image", what, seconds(transfer.expectedSeconds), "", transfer.basis)
        }
        let clone = plan.work.clone
        table.add("clone", clone.method.rawValue, seconds(clone.expectedSeconds), "", clone.reason)
        row("start", "until the guest reports", plan.work.boot, in: &table)
        for id in plan.reused { table.add(id, "reused", "", "", "done when \(plan.image) was made") }
        for action in plan.work.actions { row(action.id, "run", action.expected, in: &table) }
        var lines = [
            "\(bid.plant): from image \(plan.image), ready in \(seconds(plan.work.seconds))"
                + (wouldBeTaken ? "; it would be taken" : ""),
            table.text,
        ]
        lines += plan.passedOver.map { "passed over: " + $0 }
        if let accuracy = plan.accuracy { lines.append(accuracy.description) }
        return lines.joined(separator: "\n")
    }

    private static func row(_ step: String, _ what: String, _ expected: ExpectedDuration, in table: inout Table) {
        table.add(step, what, seconds(expected.seconds), expected.ninetieth.map(seconds) ?? "", expected.basis)
    }

    private static func seconds(_ value: Double) -> String {
        value < 0.05 ? "0 s" : String((value * 10).rounded() / 10) + " s"
    }
}
