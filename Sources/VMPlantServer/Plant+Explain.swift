import CostModel
import DAGModel
import ShopAPI
import Warehouse

extension Plant {
    func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts {
        let request = try await parser.read(document)
        var explanation: ImageExplanation
        do {
            explanation = try await planner.warehouse.explain(image, start: request.start, graph: request.graph)
        } catch {
            throw ServiceError(.hostFailed, "plant \(settings.name): its warehouse cannot be read: \(error.message)")
        }
        var transfer: TransferWork?
        if explanation.misfit?.reason == .unknown {
            let elsewhere = await parts.images.elsewhere()
            explanation = elsewhere.shelf.explain(image, start: request.start, graph: request.graph) ?? explanation
            transfer = elsewhere.transfer(ofImageNamed: image)
        }
        var reasons = explanation.misfit.map { [$0.description] } ?? []
        var isChosen = false
        switch try await planner.plan(request) {
        case .plan(let plan) where plan.image.manifest.name == image: isChosen = true
        case .plan where reasons.isEmpty && request.start.image != nil:
            reasons = ["the request names the image \(request.start.image ?? "")"]
        case .plan(let plan) where reasons.isEmpty: reasons = [try await better(plan, than: image, transfer)]
        case .plan: break
        case .refused(let others): reasons += others.filter { !reasons.contains($0) }
        }
        let verdict = ImageVerdict(
            plant: settings.name,
            image: image,
            isChosen: isChosen,
            reasons: reasons,
            steps: explanation.steps
        )
        return ImageVerdicts(verdicts: [verdict])
    }

    private func better(_ plan: Plan, than image: String, _ transfer: TransferWork?) async throws -> String {
        let seconds = try await planner.work(of: plan).seconds.formatted
        let done = plan.reused.count
        return "\(plan.image.manifest.name) is better: with it the machine is ready in \(seconds) s, "
            + "\(done) action\(done == 1 ? "" : "s") of the request done already"
            + (transfer.map {
                "; \(image) would have to come from \($0.source) first, \($0.expectedSeconds.formatted) s"
            } ?? "")
    }
}
