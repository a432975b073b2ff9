import Hypervisor
import MachineBook
import NetStore
import ShopAPI

extension Reconciler {
    /// Gives back what a failed or collected machine still holds.
    func undo(_ record: PlantRecord) async throws {
        guard [.failed, .collected].contains(record.machine.state) else { return }
        try await parts.releaseAll(of: record.id)
    }

    /// Puts back what a finished machine needs on the host, and notes whether its domain runs. A machine of which all is
    /// as it should be costs two reads of the book.
    func restore(_ record: PlantRecord, _ host: HostCensus) async throws {
        let id = record.id
        guard [.ready, .stopped, .lost].contains(record.machine.state) else { return }
        try await restoreExport(id, host)
        let state = MachineState(try await domain(of: id, host))
        guard record.machine.state.successors.contains(state) else { return }
        try await parts.machines.update(id) { record in
            guard record.machine.state.successors.contains(state) else { return }
            if state == .ready { record.machine.error = nil }
            record.machine.state = state
        }
    }

    /// Exports a machine's share again if the census did not see it exported.
    func restoreExport(_ id: MachineID, _ host: HostCensus) async throws {
        guard let lease = try await parts.host.addresses.lease(of: id.resourceName) else { return }
        let export = try ShareExport(lease: lease)
        guard !host.exports(export) else { return }
        try await parts.host.exporter.add(export)
    }

    /// What the census does not know to run may have been started since.
    private func domain(of id: MachineID, _ host: HostCensus) async throws -> DomainState {
        if let state = host.domains[id.resourceName], state == .running { return state }
        return try await parts.host.hypervisor.state(id.resourceName)
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
