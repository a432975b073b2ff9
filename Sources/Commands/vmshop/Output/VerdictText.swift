import DAGModel
import ShopAPI

/// What plants say of an image, as people read it.
enum VerdictText {
    static func whole(_ said: ImageVerdicts) -> String {
        var parts = said.verdicts.map(one)
        if !said.refusals.isEmpty { parts.append(EstimateText.refusals(said.refusals)) }
        return parts.isEmpty ? "no plant was asked" : parts.joined(separator: "\n\n")
    }

    private static func one(_ verdict: ImageVerdict) -> String {
        var lines = [
            "\(verdict.plant): \(verdict.image) " + (verdict.isChosen ? "would be taken" : "would not be taken")
        ]
        lines += verdict.reasons.map { "  because " + $0 }
        guard !verdict.steps.isEmpty else { return lines.joined(separator: "\n") }
        var table = Table("step of the image", "stands", "differs in", "image", "request")
        for step in verdict.steps { row(step, in: &table) }
        return (lines + [table.text]).joined(separator: "\n")
    }

    private static func row(_ step: HistoryExplanation.Step, in table: inout Table) {
        switch step.verdict {
        case .matched(let action): table.add(step.name, "matched by `\(action)`")
        case .notInRequest: table.add(step.name, "not in the request")
        case .predecessorMissing(let action, let missing):
            table.add(step.name, "`\(action)`, but `\(missing)` must come before it")
        case .repeated(let action): table.add(step.name, "`\(action)`, done twice")
        case .almostTheSame(let action, let difference):
            let place = difference?.field ?? "what the image does not tell"
            table.add(step.name, "almost `\(action)`", place, difference?.old ?? "", difference?.new ?? "")
        }
    }
}
