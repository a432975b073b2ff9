import CostModel
import DAGModel
import MachineBook
import NetStore
import ShopAPI

extension Plant {
    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        let request = try await parser.read(document)
        // Another thread's work, while this one waits for the book and the warehouse.
        async let digest = request.digest
        let problems = await readiness.problems
        guard problems.isEmpty else { return refusal(await digest, problems) }
        switch try await answer(request) {
        case .refused(let reasons):
            return refusal(await digest, reasons)
        case .plan(let plan):
            let bid = try await bid(on: plan, digest, policy ?? settings.costPolicy)
            return Estimate(requestDigest: await digest, bids: [bid], refusals: [])
        }
    }

    /// A plan for a new machine, or every reason against it.
    func answer(_ request: Request) async throws -> Planner.Answer {
        let answer = try await planner.plan(request)
        guard let problem = await readiness.broken[request.client.domain] else { return answer }
        guard case .refused(let reasons) = answer else { return .refused([problem]) }
        return .refused(reasons + [problem])
    }

    private func refusal(_ digest: String, _ reasons: [String]) -> Estimate {
        Estimate(requestDigest: digest, bids: [], refusals: [Refusal(plant: settings.name, reasons: reasons)])
    }

    private func bid(on plan: Plan, _ digest: String, _ policy: CostPolicy) async throws -> Bid {
        let lifetime = Duration.seconds(settings.bidLifetime)
        let work = try await planner.work(of: plan)
        return Bid(
            id: await bids.issue(for: digest, lifetime: lifetime),
            plant: settings.name,
            cost: policy.cost(of: work, load: plan.load),
            plan: plan.summary(work, accuracy: try await parts.durations.accuracy()),
            validUntil: Timestamp.now.advanced(by: lifetime)
        )
    }
}
