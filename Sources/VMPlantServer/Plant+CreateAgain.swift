import DAGModel
import Logging
import MachineBook
import ShopAPI
import Warehouse

extension Plant {
    /// How often a creation, or a configuration, is begun: a request that brings the plant down must not do so for ever.
    static let mostAttempts = 3

    /// Undoes a creation that a restart interrupted and begins it again, so that what was accepted is carried out.
    func createAgain(_ id: MachineID) async {
        await tasks.begin(.creating, on: id) {
            await attempt(id) { record in
                guard await isUndone(id) else { return }
                guard record.extra.attempt < Self.mostAttempts else {
                    let message =
                        "plant \(settings.name) was restarted \(Self.mostAttempts) times while it made the machine"
                    throw ServiceError(.hostFailed, message)
                }
                try await Creation(plant: parts, order: orderAgain(record, since: "the plant was restarted")).run()
            }
        }
    }

    /// Whether nothing but its address is left of the first attempt. If not, the machine stays as it is until the next
    /// pass. An address that was given back would rest first, and might be the last one.
    func isUndone(_ id: MachineID) async -> Bool {
        do {
            try await parts.releaseAll(of: id, butKeep: .lease)
            return true
        } catch {
            await readiness.needAnotherPass()
            parts.logger.warning("creation not undone yet", metadata: ["machine": "\(id)", "error": "\(error)"])
            return false
        }
    }

    /// Plans anew, since the warehouse may have changed, and records the plan and the further attempt.
    func orderAgain(_ record: PlantRecord, since reason: String) async throws -> MachineOrder {
        // Right after the start nobody may have asked yet what the others have.
        await parts.images.sources.refresh()
        guard case .plan(let plan) = try await planner.plan(parser.read(record.document), isRedo: true) else {
            throw ServiceError(.refused, "plant \(settings.name) can no longer make the machine: \(reason)")
        }
        let timing = MachineTiming(try await planner.work(of: plan))
        let note = MachineEvent(kind: .step, message: "\(reason); the creation begins again")
        let (id, claims) = (record.id, parts.claims)
        try await parts.machines.write { transaction in
            try claims.claim(
                plan.claim,
                for: id,
                domain: record.machine.domain,
                image: plan.image.manifest.name,
                in: transaction.database
            )
            try transaction.update(id, events: [note]) { record in
                record.extra.attempt += 1
                record.extra.publication = nil
                record.machine.address = nil
                record.machine.image = plan.image.manifest.name
                record.machine.actions = plan.reports
                record.machine.timing = timing
                record.machine.attributes = StandardAttributes.planned(record.machine, plan)
            }
        }
        return MachineOrder(id: record.id, name: record.machine.name, domain: record.machine.domain, plan: plan)
    }
}
