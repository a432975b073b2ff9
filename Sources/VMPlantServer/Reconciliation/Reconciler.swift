import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI

/// Makes the book and the host agree: finishes or undoes what a crash interrupted, puts back what vanished, and removes
/// what bears our mark and is in no book. What does not bear our mark is never touched.
struct Reconciler: Sendable {
    let plant: Plant

    private var parts: PlantParts { plant.parts }

    /// One pass.
    ///
    /// - Returns: What could not be done, each a sentence; empty when book and host agree.
    func run() async -> [String] {
        var problems: [String] = []
        // The host is listed before the book is read: whatever the host had then was in the book before.
        await attempt("host", &problems) {
            let host = try await HostCensus(parts)
            try await settleMachines()
            try await removeOrphans(host)
        }
        await attempt("guest filter", &problems) { try await parts.host.filter.ensure() }
        return problems
    }

    private func attempt(_ what: String, _ problems: inout [String], _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            problems.append("\(what): \(PlantParts.message(of: error))")
            parts.logger.warning("reconciliation incomplete", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }
}

extension Reconciler {
    /// Goes through the machines that nobody works on.
    private func settleMachines() async throws {
        let states = Set(MachineState.allCases).subtracting([.collected, .placing])
        let busy = await plant.tasks.busy
        for record in try await parts.machines.records(in: states) where !busy.contains(record.id) {
            switch record.machine.state {
            case .creating: try await redo(record)
            case .configuring:
                try await restore(record)
                await plant.resumeConfiguration(record)
            case .collecting: await plant.finishCollection(record.id)
            case .failed: try await parts.releaseAll(of: record.id)
            case .ready, .stopped, .lost: try await restore(record)
            case .placing, .collected: break
            }
        }
    }

    /// How often a creation is begun: a request that brings the plant down must not do so for ever.
    static let mostAttempts = 3

    /// A creation that a restart interrupted is undone and begun again, so that what was accepted is carried out.
    private func redo(_ record: PlantRecord) async throws {
        let id = record.id
        try await parts.releaseAll(of: id)
        guard record.extra.attempt < Self.mostAttempts else {
            let message = "plant \(parts.settings.name) was restarted \(Self.mostAttempts) times while it made the machine"
            return await plant.fail(id, ServiceError(.hostFailed, message))
        }
        do {
            let request = try plant.parse(record.document)
            guard case .plan(let plan) = try await plant.planner.plan(request, replacing: id) else {
                throw ServiceError(.refused, "plant \(parts.settings.name) was restarted and can no longer make the machine")
            }
            let note = MachineEvent(kind: .step, message: "the plant was restarted; the creation begins again")
            try await parts.machines.update(id, events: [note]) { record in
                record.extra.attempt += 1
                record.machine.address = nil
                record.machine.actions = plan.reports
            }
            await plant.begin(MachineOrder(id: id, name: record.machine.name, domain: record.machine.domain, plan: plan))
        } catch {
            await plant.fail(id, error)
        }
    }

    /// Puts back what a machine needs on the host, and notes whether its domain runs.
    private func restore(_ record: PlantRecord) async throws {
        let id = record.id
        let domain = try await parts.host.hypervisor.state(id.resourceName)
        if let lease = try await parts.host.addresses.lease(of: id.resourceName) {
            try await parts.host.ensureNetwork(lease.network)
            try await parts.host.exporter.add(ShareExport(lease: lease))
        }
        guard record.machine.state != .configuring else { return }
        let state = MachineState(domain)
        guard state != record.machine.state else { return }
        try await parts.machines.update(id) { $0.machine.state = state }
    }
}

extension MachineState {
    /// The state of a finished machine whose domain is in the given one.
    init(_ domain: DomainState) {
        switch domain {
        case .running, .paused: self = .ready
        case .stopped, .crashed: self = .stopped
        case .absent: self = .lost
        }
    }
}
