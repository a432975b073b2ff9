import Hypervisor
import Logging
import MachineBook
import ShopAPI

/// Looks which machines with an idle limit are used, and notes it in their leases.
struct IdleRound: Sendable {
    let parts: PlantParts

    /// Looks at machines until it is cancelled. It is not the reaper, which waits for no hypervisor that is silent.
    func run() async {
        repeat {
            guard let terms = try? await parts.leases.terms() else { continue }
            await look(at: terms)
        } while (try? await Task.sleep(for: Reaper.interval)) != nil
    }

    /// Looks at those whose time it is.
    func look(at terms: [LeaseTerm]) async {
        let limited = terms.filter { $0.idle != nil && !$0.isSuspended && $0.boot == parts.leases.clock.boot }
        await parts.idle.keep(Set(limited.map(\.machine)))
        await withDiscardingTaskGroup { group in
            for term in limited { group.addTask { await look(at: term) } }
        }
    }

    private func look(at term: LeaseTerm) async {
        guard let limit = term.idle,
            await parts.idle.meter.isDue(term.machine, limit: limit, at: parts.leases.clock.now())
        else { return }
        do {
            guard let use = try await use(term) else { return }
            try await note(term.machine, at: use)
        } catch {
            // A hypervisor that does not answer says nothing about the guest: nobody is idle for that (``Reaper``).
            parts.logger.debug(
                "not known whether a machine is used",
                metadata: ["machine": "\(term.machine)", "error": "\(error)"]
            )
        }
    }

    /// When something was done in a machine last, where that is to be recorded.
    private func use(_ term: LeaseTerm) async throws -> Int64? {
        let id = term.machine
        let isUsed = try await isUsed(id)
        // Asking may have taken long.
        let now = parts.leases.clock.now()
        if isUsed { return term.isWorthRecording(at: now) ? now : nil }
        // It has come to rest: not each use before that was recorded.
        return await parts.idle.meter.lastUse(of: id).flatMap { $0 > term.active ? $0 : nil }
    }

    private func isUsed(_ id: MachineID) async throws -> Bool {
        guard let record = try await parts.machines.record(id) else { return false }
        guard record.machine.state == .ready else {
            // What the plant itself does in it counts; one that does not run does nothing.
            guard record.machine.state.isResting else { return await take(nil, of: id) }
            await parts.idle.rest(id, at: parts.leases.clock.now())
            return false
        }
        return await take(try await parts.host.hypervisor.processorTime(id.resourceName), of: id)
    }

    private func take(_ used: Duration?, of id: MachineID) async -> Bool {
        await parts.idle.take(used, of: id, at: parts.leases.clock.now())
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
