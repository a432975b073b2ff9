import Hypervisor
import NetStore

/// What the host has that bears this plant's mark, listed at one time.
struct HostCensus: Sendable {
    /// What was lent by the book before anything else was looked at, by who had it.
    var leases: [String: GuestLease]
    /// Other plants whose mark is on domains of this hypervisor.
    var neighbours: Set<String>
    /// What domains were doing, by name.
    var domains: [String: DomainState]
    var directories: [String]
    var networks: [String]
    var exports: [ListedExport]
    private let exportsByPath: [String: [ListedExport]]
    var shares: [String]

    /// Lists the host.
    init(_ parts: PlantParts) async throws {
        let name = parts.settings.name
        let lent = try await parts.host.addresses.leases()
        leases = Dictionary(lent.map { ($0.machineID, $0) }) { first, _ in first }
        let marked = try await parts.host.hypervisor.marked()
        neighbours = Set(marked.map(\.plant)).subtracting([name])
        let ours = marked.filter { $0.plant == name }
        domains = Dictionary(ours.map { ($0.name, $0.state) }) { first, _ in first }
        directories = try await parts.host.disks.directories()
        networks = try await parts.host.networks.list().filter { $0.plant == name }.map(\.name)
        exports = try await parts.host.exporter.list()
        exportsByPath = Dictionary(grouping: exports, by: \.path)
        shares = try await parts.host.disks.shares()
    }

    /// Whether the share of a lease was exported, and to its address as far as the server tells.
    func exports(_ export: ShareExport) -> Bool {
        [export.path, export.pseudoPath].compactMap { exportsByPath[$0] }.joined().contains { listed in
            let isSame = listed.id.map { $0 == export.id } ?? true
            return isSame && listed.client.map { $0 == export.client } ?? true
        }
    }
}
