import Hypervisor
import Logging
import MachineBook
import ShopAPI

/// Looks which machines with an idle limit are used, and notes it in their leases.
struct IdleRound: Sendable {
    let parts: PlantParts

    /// Looks at those whose time it is.
    func look(at terms: [LeaseTerm]) async {
        let limited = terms.filter { $0.idle != nil && !$0.isSuspended && $0.boot == parts.leases.clock.boot }
        await parts.idle.keep(Set(limited.map(\.machine)))
        await withDiscardingTaskGroup { group in
            for term in limited { group.addTask { await look(at: term) } }
        }
    }

    private func look(at term: LeaseTerm) async {
        let (now, id) = (parts.leases.clock.now(), term.machine)
        guard let limit = term.idle, await parts.idle.isDue(id, limit: limit, at: now) else { return }
        // A hypervisor that does not answer says nothing about the guest: nobody is idle for that.
        let isUsed = (try? await isUsed(id, at: now)) ?? true
        guard isUsed, term.isWorthRecording(at: now) else { return }
        do {
            try await note(id, at: now)
        } catch {
            parts.logger.warning("use of a machine not noted", metadata: ["machine": "\(id)", "error": "\(error)"])
        }
    }

    private func isUsed(_ id: MachineID, at now: Int64) async throws -> Bool {
        // What the plant itself does in it counts.
        guard let record = try await parts.machines.record(id), record.machine.state.isResting else { return true }
        guard record.machine.state == .ready else { return false }
        let used = try await parts.host.hypervisor.processorTime(id.resourceName)
        return await parts.idle.take(used, of: id, at: now)
    }

    private func note(_ id: MachineID, at now: Int64) async throws {
        let leases = parts.leases
        try await parts.machines.write { transaction in
            guard let term = try leases.term(of: id, in: transaction.database) else { return }
            let used = term.used(at: now)
            try leases.set(used, in: transaction.database)
            guard term.isWarned, !used.isWarned else { return }
            let event = MachineEvent(kind: .step, message: "something is being done in it: its lease goes on")
            try transaction.update(id, events: [event]) { _ in }
        }
    }
}
