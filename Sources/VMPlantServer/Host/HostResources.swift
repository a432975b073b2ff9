import Hypervisor
import MachineBook
import NetStore
import ShopAPI
import Warehouse

/// Acquires and releases what a machine holds on the host. Both may be repeated: what is there already, or gone already,
/// is not an error, so an entry of the journal can be redone or undone wherever a crash left it.
struct HostResources: Sendable {
    let settings: PlantSettings
    let addresses: AddressBook
    let networks: any NetworkDriver
    let filter: any MachineFilter
    let exporter: any ShareExporter
    let hypervisor: any Hypervisor
    let disks: MachineDisks
    /// A network is made and removed while nobody else looks at who uses it.
    let networkMutex: AsyncSemaphore

    /// Makes a resource be there.
    func acquire(_ resource: HostResource, for order: MachineOrder) async throws {
        switch resource {
        case .lease: try await acquireLease(order)
        case .network: try await joinNetwork(lease(of: order.id))
        case .filter: try await filter.admit(lease(of: order.id))
        case .share:
            try await share(of: order.id).create(identity(of: order), wake: wake(of: order), isSpare: order.isSpare)
        case .export: try await exporter.add(ShareExport(lease: lease(of: order.id)))
        case .disk: try await disks.cloneImage(order)
        case .seed:
            let lease = try await lease(of: order.id)
            try await disks.writeSeed(order, lease: lease, share: sharePlace(lease))
        case .domain: try await startDomain(order)
        case .dataDisk: throw ServiceError(.internalError, "data disks are made by their action")
        }
    }

    /// Makes a resource be gone.
    func release(_ resource: HostResource, of id: MachineID) async throws {
        switch resource {
        case .lease: try await releaseLease(id)
        case .network: if let lease = try await addresses.lease(of: id.resourceName) { try await leaveNetwork(lease) }
        case .filter: if let lease = try await addresses.lease(of: id.resourceName) { try await filter.expel(lease) }
        case .share: try await removeShare(id)
        case .export:
            if let lease = try await addresses.lease(of: id.resourceName) {
                try await exporter.remove(ShareExport(lease: lease))
            }
        case .disk: try await disks.removeAll(of: id)
        case .seed: try await disks.removeSeed(of: id)
        case .domain: try await endDomain(id)
        case .dataDisk(let serial, _): try await disks.removeDataDisk(serial, of: id)
        }
    }

    /// The machine's row in the address book.
    ///
    /// - Throws: ``ServiceError`` when it has none.
    func lease(of id: MachineID) async throws -> GuestLease {
        guard let lease = try await addresses.lease(of: id.resourceName) else {
            throw ServiceError(.hostFailed, "machine \(id) has no row in the address book")
        }
        return lease
    }

    /// Gives the domain of a spare the machine's name, and all that goes with it. Address and tap are what they were.
    func rename(_ spare: MachineID, to order: MachineOrder) async throws {
        let lease = try await lease(of: spare)
        let spec = DomainSpec(order, lease: lease, share: try sharePlace(lease), settings: settings)
        try await hypervisor.rename(spare.resourceName, to: spec)
    }

    /// Tells the guest of a spare that it is the machine.
    func tell(_ order: MachineOrder) async throws {
        guard let wake = wake(of: order) else {
            throw ServiceError(.internalError, "image \(order.plan.image.manifest.name) wakes no machines")
        }
        try await share(of: order.id).become(identity(of: order), wake: wake)
    }

    /// The machine's script share.
    func share(of id: MachineID) async throws -> ScriptShare { try await ScriptShare(lease: lease(of: id)) }
}

extension HostResources {
    private func acquireLease(_ order: MachineOrder) async throws {
        try await networkMutex.run {
            let network = try await addresses.network(ofDomain: order.domain)
            // The last network of the domain may be going still; it must be gone before there is another.
            if let network, network.state == .removing { try await removeNetworkIfUnused(network.name) }
            let taken = network?.state == .wanted ? [] : try await networks.names()
            let machine = order.id.resourceName
            _ = try await addresses.checkOut(machine: machine, domain: order.domain, avoiding: taken)
        }
    }

    private func joinNetwork(_ lease: GuestLease) async throws {
        try await networkMutex.run {
            try await ensureNetwork(lease.network)
            try await networks.addHost(lease)
        }
    }

    /// Makes a network of the book be there, with the leases of the machines on it.
    func ensureNetwork(_ name: String) async throws {
        guard let network = try await addresses.network(named: name) else { return }
        try await networks.ensure(network, leases: addresses.leases(onNetwork: name))
    }

    private func leaveNetwork(_ lease: GuestLease) async throws {
        try await networkMutex.run { try await networks.removeHost(lease) }
    }

    /// Gives the address back; the last machine of a network takes the network with it.
    private func releaseLease(_ id: MachineID) async throws {
        try await networkMutex.run {
            guard let lease = try await addresses.release(machine: id.resourceName) else { return }
            // Between the filter's release and this one the reconciler may have made the filter anew, from a book that
            // still had the lease.
            try await filter.expel(lease)
            try await removeNetworkIfUnused(lease.network)
        }
    }

    /// Removes a network that no machine uses: from the hypervisor first, then from the book.
    func removeNetworkIfUnused(_ network: String) async throws {
        guard try await addresses.beginRemoval(network: network) else { return }
        do throws(NetStoreError) {
            try await networks.remove(network: network)
        } catch {
            // Somebody else has the name: that network is not ours to remove, and ours is not there.
            guard error.code == .conflict else { throw error }
        }
        try await addresses.finishRemoval(network: network)
    }

    private func removeShare(_ id: MachineID) async throws {
        guard let lease = try await addresses.lease(of: id.resourceName) else { return }
        try await ScriptShare(lease: lease).remove()
    }

    private func identity(of order: MachineOrder) -> GuestIdentity {
        GuestIdentity(machine: order.id.text, name: order.name, domain: order.domain)
    }

    /// What a guest that wakes up from saved memory needs to become this machine.
    private func wake(of order: MachineOrder) -> GuestWake? {
        guard order.plan.image.manifest.memory != nil else { return nil }
        // A name that was set by an action of the image's history is the machine's own wish.
        let isNamed = order.plan.image.manifest.history.contains { $0.operation == "hostname" }
        return GuestWake(hostName: isNamed ? nil : order.id.resourceName)
    }

    /// Where a guest mounts its script share from, as the file server names it.
    private func sharePlace(_ lease: GuestLease) throws -> String {
        try lease.gateway + ":" + exporter.mountPath(of: ShareExport(lease: lease))
    }

    private func startDomain(_ order: MachineOrder) async throws {
        let lease = try await lease(of: order.id)
        let spec = DomainSpec(order, lease: lease, share: try sharePlace(lease), settings: settings)
        try await hypervisor.define(spec)
        if spec.wakes != nil { try await hypervisor.wake(spec) } else { try await hypervisor.start(spec.name) }
    }

    private func endDomain(_ id: MachineID) async throws {
        try await hypervisor.destroy(id.resourceName)
        try await hypervisor.undefine(id.resourceName)
    }
}
