import Hypervisor
import Logging
import NetStore
import ServerSettings
import ShopAPI
import Synchronization
import VMShopTesting

@testable import VMPlantServer

/// A hypervisor that can be made to fail, and otherwise is the one behind it.
final class HypervisorDouble: Hypervisor {
    struct Orders: Sendable {
        /// Domains that are said to stand still for want of room, until they are resumed.
        var stalled: Set<String> = []
        /// Domains that cannot be destroyed.
        var stubborn: Set<String> = []
        /// Whether attaching takes for ever, until it is cancelled.
        var hangs = false
    }

    private let base: any Hypervisor
    let orders: Mutex<Orders>

    init(_ base: any Hypervisor, _ orders: Orders = Orders()) {
        self.base = base
        self.orders = Mutex(orders)
    }

    private func seen(_ state: DomainState, _ name: String) -> DomainState {
        state == .running && orders.withLock { $0.stalled.contains(name) } ? .stalled : state
    }

    func define(_ spec: DomainSpec) async throws(HypervisorError) { try await base.define(spec) }
    func start(_ name: String) async throws(HypervisorError) { try await base.start(name) }
    func shutdown(_ name: String) async throws(HypervisorError) { try await base.shutdown(name) }
    func undefine(_ name: String) async throws(HypervisorError) { try await base.undefine(name) }

    func destroy(_ name: String) async throws(HypervisorError) {
        guard !orders.withLock({ $0.stubborn.contains(name) }) else {
            throw HypervisorError(.failed, "\(name) does not want to go")
        }
        try await base.destroy(name)
    }

    func suspend(_ name: String) async throws(HypervisorError) { try await base.suspend(name) }

    func resume(_ name: String) async throws(HypervisorError) {
        guard orders.withLock({ $0.stalled.remove(name) }) == nil else { return }
        try await base.resume(name)
    }

    func state(_ name: String) async throws(HypervisorError) -> DomainState { seen(try await base.state(name), name) }

    func marked() async throws(HypervisorError) -> [MarkedDomain] {
        try await base.marked().map { domain in
            var domain = domain
            domain.state = seen(domain.state, domain.name)
            return domain
        }
    }

    func attach(_ disk: DiskSpec, to name: String) async throws(HypervisorError) {
        guard orders.withLock({ $0.hangs }) else { return try await base.attach(disk, to: name) }
        try? await Task.sleep(for: .seconds(1000))
        throw HypervisorError(.failed, "cancelled")
    }

    func detach(target: String, from name: String) async throws(HypervisorError) {
        try await base.detach(target: target, from: name)
    }

    var events: AsyncStream<HypervisorEvent> { get async throws(HypervisorError) { try await base.events } }

    func capabilities() async throws(HypervisorError) -> HypervisorCapabilities { try await base.capabilities() }
}

extension Plant {
    /// The same plant on another hypervisor: its books are the same, its work under way is not.
    func on(_ hypervisor: any Hypervisor, exporter: (any ShareExporter)? = nil) -> Plant {
        let host = HostResources(
            settings: settings,
            addresses: parts.host.addresses,
            networks: parts.host.networks,
            filter: parts.host.filter,
            exporter: exporter ?? parts.host.exporter,
            hypervisor: hypervisor,
            disks: parts.host.disks,
            networkMutex: parts.host.networkMutex
        )
        let parts = PlantParts(
            settings: settings,
            machines: parts.machines,
            epochs: parts.epochs,
            journal: parts.journal,
            jobs: parts.jobs,
            claims: parts.claims,
            leases: parts.leases,
            durations: parts.durations,
            host: host,
            images: parts.images,
            pool: parts.pool,
            idle: parts.idle,
            starts: parts.starts,
            addressFile: parts.addressFile,
            logger: parts.logger
        )
        return Plant(parts: parts, planner: planner)
    }
}

extension PlantFixture {
    /// Runs a test with a plant that was opened and does not run: nothing happens in it but what the test does.
    static func still<Value: Sendable>(
        _ flags: [String] = [],
        _ body: (Plant, TemporaryDirectory) async throws -> Value
    ) async throws -> Value {
        try await TemporaryDirectory.with { directory in
            try await prepare(directory)
            let service = try await PlantService.open(settings(directory, flags), logger: LogRecorder().logger())
            return try await body(service.plant, directory)
        }
    }

    /// The settings of a plant in a directory.
    static func settings(_ directory: TemporaryDirectory, _ flags: [String] = []) async throws -> PlantSettings {
        let sources = SettingsSources(
            flags: PlantFixture.flags(directory) + flags,
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshop-testing"
        )
        return try PlantSettings(await sources.reader())
    }
}
