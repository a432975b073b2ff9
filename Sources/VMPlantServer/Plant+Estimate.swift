import CostModel
import DAGModel
import MachineBook
import NetStore
import ShopAPI
import Warehouse

extension Plant {
    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        let request = try await parser.read(document)
        // Another thread's work, while this one waits for the book and the warehouse.
        async let digest = request.digest
        let problems = await problems
        guard problems.isEmpty else { return refusal(await digest, problems) }
        switch try await answer(request) {
        case .refused(let reasons):
            return refusal(await digest, reasons)
        case .plan(let plan):
            let lifetime = Duration.seconds(settings.bidLifetime)
            let bid = try await bid(on: plan, digest, policy ?? settings.policy, lifetime: lifetime)
            return Estimate(requestDigest: await digest, bids: [bid], refusals: [])
        }
    }

    /// A plan for a new machine, or every reason against it.
    func answer(_ request: Request, for machine: MachineID? = nil) async throws -> Planner.Answer {
        let answer = try await planner.plan(request, for: machine)
        guard let problem = await readiness.broken[request.client.domain] else { return answer }
        guard case .refused(let reasons) = answer else { return .refused([problem]) }
        return .refused(reasons + [problem])
    }

    /// The load with what only some policies ask for.
    private func load(of plan: Plan, for policy: CostPolicy) async throws -> PlantLoad {
        var load = plan.load
        load.price = settings.price
        load.secondsSinceLast = await bids.sinceLastMachine?.seconds
        if policy.parts.contains(where: { $0.component == .affinity }) {
            load.machinesOfImage = try await parts.claims.machines(ofImage: plan.image.manifest.name)
        }
        return load
    }

    private func refusal(_ digest: String, _ reasons: [String]) -> Estimate {
        Estimate(requestDigest: digest, bids: [], refusals: [Refusal(plant: settings.name, reasons: reasons)])
    }

    /// A bid that the plant stands by for so long.
    func bid(on plan: Plan, _ digest: String, _ policy: CostPolicy, lifetime: Duration) async throws -> Bid {
        let work = try await planner.work(of: plan)
        return Bid(
            id: await bids.issue(for: digest, lifetime: lifetime),
            plant: settings.name,
            cost: policy.cost(of: work, load: try await load(of: plan, for: policy)),
            plan: plan.summary(work, accuracy: try await parts.durations.accuracy()),
            validUntil: Timestamp.now.advanced(by: lifetime)
        )
    }
}
