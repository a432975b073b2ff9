import ClassAds
import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI
import Warehouse

extension Reconciler {
    /// Gives back what a failed or collected machine still holds.
    func undo(_ record: PlantRecord) async throws {
        guard [.failed, .collected].contains(record.machine.state) else { return }
        try await parts.releaseAll(of: record.id)
    }

    /// Whether the census saw a finished machine with all that it needs, so that there is nothing to put back: then it costs no
    /// question of its own.
    func isInOrder(_ record: PlantRecord, _ host: HostCensus) -> Bool {
        let name = record.id.resourceName
        guard host.domains[name] == .running, record.extra.publication == nil, let lease = host.leases[name] else {
            return false
        }
        return (try? ShareExport(lease: lease)).map(host.exports) ?? false
    }

    /// Puts back what a finished machine needs on the host, and notes whether its domain runs.
    func restore(_ record: PlantRecord, _ host: HostCensus) async throws {
        let id = record.id
        guard [.ready, .stopped, .lost].contains(record.machine.state) else { return }
        try await parts.endPublication(of: id)
        await holdImage(of: record)
        try await restoreExport(id, host)
        let state = MachineState(try await domain(of: id, host))
        guard record.machine.state.successors.contains(state) else { return }
        try await parts.machines.update(id) { record in
            guard record.machine.state.successors.contains(state) else { return }
            if state == .ready { record.machine.error = nil }
            record.machine.state = state
        }
    }

    /// Notes in the warehouse which image a machine stands on, where that is not noted: a plant of an earlier version did not.
    private func holdImage(of record: PlantRecord) async {
        do {
            guard try await !parts.host.disks.isHeld(for: record.id), let version = record.imageVersion else { return }
            let image = try await parts.host.disks.warehouse.image(version)
            try await parts.host.disks.hold(image, for: record.id)
        } catch let error as WarehouseError where error.code == .notFound {
            // Somebody removed it by force.
        } catch {
            let details: Logger.Metadata = ["machine": "\(record.id)", "error": "\(PlantParts.message(of: error))"]
            parts.logger.warning("image of a machine not noted in the warehouse", metadata: details)
        }
    }

    /// Exports a machine's share again if the census did not see it exported.
    func restoreExport(_ id: MachineID, _ host: HostCensus) async throws {
        guard let lease = try await parts.host.addresses.lease(of: id.resourceName) else { return }
        let export = try ShareExport(lease: lease)
        guard !host.exports(export) else { return }
        try await parts.host.exporter.add(export)
    }

    /// Lets machines go on that stand still because the host could not write their disks, once it has room again.
    func resumeStalled(_ host: HostCensus, room: Int = MachineDisks.roomToGoOn) async {
        let stalled = host.domains.filter { $0.value == .stalled }.keys.sorted()
        guard !stalled.isEmpty else { return }
        await plant.readiness.needAnotherPass()
        do {
            let free = try await parts.host.disks.freeBytes()
            guard free >= room else {
                return parts.logger.warning("machines stand still, their disks are full", metadata: ["free": "\(free)"])
            }
        } catch {
            return parts.logger.warning("room for disks not known", metadata: ["error": "\(error)"])
        }
        for name in stalled {
            do {
                try await parts.host.hypervisor.resume(name)
                parts.logger.notice("machine goes on", metadata: ["domain": "\(name)"])
            } catch {
                parts.logger.warning("machine stands still", metadata: ["domain": "\(name)", "error": "\(error)"])
            }
        }
    }

    /// Shows in a machine's attributes whether the census saw it stand still, and why. Its state remains: it goes on where
    /// it stopped.
    func showPause(of record: PlantRecord, _ host: HostCensus) async {
        let pause: String? =
            switch host.domains[record.id.resourceName] {
            case .stalled: "its plant could not write its disk"
            case .paused where record.extra.publication != nil: nil
            case .paused where await isSuspended(record.id): Reaper.pause
            case .paused: "it was paused on its plant"
            default: nil
            }
        let shown = pause.map(AttributeValue.string)
        guard record.machine.attributes[StandardAttributes.paused] != shown else { return }
        do {
            let note = MachineEvent(kind: .step, message: pause.map { "stands still: " + $0 } ?? "goes on")
            try await parts.machines.update(record.id, events: [note]) {
                $0.machine.attributes[StandardAttributes.paused] = shown
            }
        } catch {
            parts.logger.warning("pause not shown", metadata: ["machine": "\(record.id)", "error": "\(error)"])
        }
    }

    private func isSuspended(_ id: MachineID) async -> Bool {
        (try? await parts.leases.term(of: id))?.isSuspended ?? false
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
        case .running, .paused, .stalled: self = .ready
        case .stopped, .crashed: self = .stopped
        case .absent: self = .lost
        }
    }
}
