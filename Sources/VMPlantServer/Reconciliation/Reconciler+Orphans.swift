import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI

extension Reconciler {
    /// Removes what the census saw and no book knows. Each is tried by itself; what cannot be removed now is tried again
    /// soon, and keeps the plant from nothing.
    func removeOrphans(_ host: HostCensus) async throws {
        let states = Set(MachineState.allCases.filter { $0.holdsResources || $0 == .failed })
        let owned = Set(try await parts.machines.ids(in: states).map(\.resourceName))
            .union(await plant.warmJobs.resourceNames).union(await parts.pool.resourceNames)
        var running: Set<String> = []
        for name in host.domains.keys.sorted() where !owned.contains(name) {
            let isGone = await remove("domain", name) {
                try await parts.host.hypervisor.destroy(name)
                try await parts.host.hypervisor.undefine(name)
            }
            if !isGone { running.insert(name) }
        }
        for name in host.leases.keys.sorted() where !owned.contains(name) && !running.contains(name) {
            await removeSpare(name)
        }
        // Nothing is taken from under a guest that may still run.
        for name in host.directories where !owned.contains(name) && !running.contains(name) {
            await remove("directory", name) { try await parts.host.disks.removeOrphan(name) }
        }
        let shares = host.shares.filter { share in !running.contains { share.hasSuffix("/" + $0) } }
        // Nobody checks an address out meanwhile, so none of these can come into use between the look and the removal.
        try await parts.host.networkMutex.run {
            try await removeOrphanNetworks(host)
            try await removeOrphanShares(host, shares)
        }
    }

    /// What a spare held when its plant was killed: of all that has an address, it alone is in no book.
    private func removeSpare(_ name: String) async {
        guard MachineFiles.isMachine(name), let id = MachineID(String(name.suffix(26))) else { return }
        await remove("spare", name) { try await SpareMaker(parts: parts).end(id) }
    }

    private func removeOrphanNetworks(_ host: HostCensus) async throws {
        let resources = parts.host
        for network in try await resources.addresses.networks() {
            await trying("network", network.name) { try await resources.removeNetworkIfUnused(network.name) }
        }
        let wanted = Set(try await resources.addresses.networks().map(\.name))
        for name in host.networks where !wanted.contains(name) {
            await remove("network", name) { try await resources.networks.remove(network: name) }
        }
    }

    /// The export goes before the share.
    private func removeOrphanShares(_ host: HostCensus, _ shares: [String]) async throws {
        let resources = parts.host
        let leases = try await resources.addresses.leases()
        let exported = Set(leases.map(\.exportID))
        for export in host.exports {
            guard let id = export.id, !exported.contains(id) else { continue }
            await remove("export", "\(id)") { try await resources.exporter.removeOrphan(export) }
        }
        await trying("export files", "") { try await resources.exporter.sweep(keeping: exported) }
        let lent = Set(leases.map(\.share))
        for share in shares where !lent.contains(share) {
            await remove("share", share) { try await ScriptShare(directory: share).remove() }
        }
    }

    /// Removes one orphan, and says whether it is gone.
    @discardableResult
    private func remove(_ kind: String, _ name: String, _ body: () async throws -> Void) async -> Bool {
        let isGone = await trying(kind, name, body)
        if isGone {
            parts.logger.notice("orphan removed", metadata: ["kind": "\(kind)", "name": "\(name)"])
        }
        return isGone
    }

    /// Tries something that another pass may do as well, and says whether it was done.
    @discardableResult
    private func trying(_ kind: String, _ name: String, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch {
            await plant.readiness.needAnotherPass()
            parts.logger.warning(
                "orphan not removed yet",
                metadata: ["kind": "\(kind)", "name": "\(name)", "error": "\(error)"]
            )
            return false
        }
    }
}
