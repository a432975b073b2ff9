import Hypervisor
import NetStore

/// What the host has that bears this plant's mark, listed at one time.
struct HostCensus: Sendable {
    var domains: [String]
    var directories: [String]
    var networks: [String]
    var exports: [ListedExport]
    var shares: [String]

    /// Lists the host.
    init(_ parts: PlantParts) async throws {
        let name = parts.settings.name
        domains = try await parts.host.hypervisor.marked().filter { $0.plant == name }.map(\.name)
        directories = try parts.host.disks.directories()
        networks = try await parts.host.networks.list().filter { $0.plant == name }.map(\.name)
        exports = try await parts.host.exporter.list()
        shares = try parts.host.disks.shares()
    }
}
