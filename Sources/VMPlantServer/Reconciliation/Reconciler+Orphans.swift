import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI

extension Reconciler {
    /// Removes what the census saw and no book knows.
    func removeOrphans(_ host: HostCensus) async throws {
        let states = Set(MachineState.allCases.filter { $0.holdsResources || $0 == .failed })
        let owned = Set(try await parts.machines.records(in: states).map(\.id.resourceName))
        for name in host.domains.keys.sorted() where !owned.contains(name) {
            report("domain", name)
            try await parts.host.hypervisor.destroy(name)
            try await parts.host.hypervisor.undefine(name)
        }
        for name in host.directories where !owned.contains(name) {
            report("directory", name)
            try await parts.host.disks.removeOrphan(name)
        }
        // Nobody checks an address out meanwhile, so none of these can come into use between the look and the removal.
        try await parts.host.networkMutex.run {
            try await removeOrphanNetworks(host)
            try await removeOrphanShares(host)
        }
    }

    private func removeOrphanNetworks(_ host: HostCensus) async throws {
        let resources = parts.host
        for network in try await resources.addresses.networks() {
            try await resources.removeNetworkIfUnused(network.name)
        }
        let wanted = Set(try await resources.addresses.networks().map(\.name))
        for name in host.networks where !wanted.contains(name) {
            report("network", name)
            try await resources.networks.remove(network: name)
        }
    }

    /// The export goes before the share.
    private func removeOrphanShares(_ host: HostCensus) async throws {
        let resources = parts.host
        let leases = try await resources.addresses.leases()
        let exported = Set(leases.map(\.exportID))
        for export in host.exports {
            guard let id = export.id, !exported.contains(id) else { continue }
            report("export", "\(id)")
            try await resources.exporter.removeOrphan(export)
        }
        try await resources.exporter.sweep(keeping: exported)
        let shares = Set(leases.map(\.share))
        for share in host.shares where !shares.contains(share) {
            report("share", share)
            try await ScriptShare(directory: share).remove()
        }
    }

    private func report(_ kind: String, _ name: String) {
        parts.logger.notice("orphan removed", metadata: ["kind": "\(kind)", "name": "\(name)"])
    }
}
