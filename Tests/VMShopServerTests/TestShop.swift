import Foundation
import Logging
import ServerSettings
import ShopAPI
import VMShopTesting

@testable import VMShopServer

/// A shop in this process, with its book in a temporary directory, which can be stopped and opened again.
actor TestShop {
    nonisolated let directory: String
    private let settings: ShopSettings
    private var open: (service: ShopService, upkeep: Task<Void, any Error>)?

    init(plants: [String], directory: String? = nil, _ more: [String] = []) async throws {
        self.directory = directory ?? NSTemporaryDirectory() + "vmshop-test-" + UUID().uuidString
        let own = [
            "name=testshop", "state.directory=\(self.directory)", "timeouts.estimate=15", "timeouts.accept=15",
            "timeouts.silence=15",
        ]
        let list = plants.isEmpty ? [] : ["plants.addresses=" + plants.joined(separator: ",")]
        let sources = SettingsSources(flags: own + list + more, file: nil, defaultFiles: [], environmentPrefix: "-")
        settings = try ShopSettings(await sources.reader())
        try start()
    }

    /// The shop that runs.
    var shop: Shop { get throws { try require(open).service.shop } }

    /// Opens the book and begins the upkeep.
    func start() throws {
        var logger = Logger(label: "test-shop")
        logger.logLevel = .critical
        let service = try ShopService.open(settings, logger: logger)
        let upkeep = Upkeep(shop: service.shop, interval: .milliseconds(50), roundsBetweenRefreshes: 4)
        // UNSTRUCTURED: ends with `stop()`.
        open = (service, Task { try await upkeep.run() })
    }

    /// Stops as a process does: what is under way is left as the book has it.
    func stop() async {
        open?.upkeep.cancel()
        _ = await open?.upkeep.result
        await open?.service.close()
        open = nil
    }

    /// Stops and starts, having deleted the book in between if that is asked.
    func restart(deletingBook: Bool = false) async throws {
        await stop()
        if deletingBook { try FileManager.default.removeItem(atPath: directory) }
        try start()
    }

    /// Stops and removes what was written.
    func remove() async {
        await stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func require<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw ServiceError(.unavailable, "the shop is stopped") }
        return value
    }
}

extension TestShop {
    func create(
        _ document: [UInt8] = Documents.machine(),
        id: MachineID = .new(),
        options: CreateOptions = CreateOptions()
    ) async throws -> Machine {
        _ = try await shop.create(id, document, options: options)
        return try await settled(id)
    }

    /// Waits until a machine rests, and returns it.
    func settled(_ id: MachineID) async throws -> Machine {
        let machine = try await until("\(id) rests") { () async throws -> Machine? in
            let machine = try await self.shop.machine(id)
            return machine.state.isResting ? machine : nil
        }
        return machine
    }

    func events(_ id: MachineID) async throws -> [MachineEvent] {
        try await shop.events(of: id, after: 0, wait: .zero).events
    }
}

/// Plants, and a shop that knows them.
struct Lab: Sendable {
    let plants: [StubPlant]
    let servers: [LocalServer<StubPlant>]
    let shop: TestShop

    /// Time limits for tests in which somebody is silent; the usual ones no busy machine exceeds.
    static let hasty = ["timeouts.estimate=3", "timeouts.accept=2", "timeouts.silence=4"]

    /// Runs a test with so many plants and a shop.
    static func run(
        _ count: Int = 2,
        _ settings: [String] = [],
        _ body: @Sendable (Lab) async throws -> Void
    ) async throws {
        let plants = (0..<count).map { StubPlant("plant-\($0 + 1)") }
        var servers: [LocalServer<StubPlant>] = []
        var addresses: [String] = []
        for plant in plants {
            let server = try await LocalServer.started(plant)
            servers.append(server)
            addresses.append(await server.address)
        }
        let shop = try await TestShop(plants: addresses, settings)
        let lab = Lab(plants: plants, servers: servers, shop: shop)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(lab))
        } catch {
            result = .failure(error)
        }
        await shop.remove()
        for server in servers { await server.stop() }
        try result.get()
    }

    /// The plants that hold the machine.
    func holders(_ id: MachineID) async -> [String] {
        var names: [String] = []
        for plant in plants where await plant.running.contains(where: { $0.id == id }) { names.append(plant.name) }
        return names
    }
}

/// Waits until there is a value, 60 seconds at most.
@discardableResult
func until<Value>(_ what: String, _ value: () async throws -> Value?) async throws -> Value {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if let value = try await value() { return value }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw ServiceError(.timedOut, "never: \(what)")
}

/// Waits until something holds, 60 seconds at most.
func wait(_ what: String, _ holds: () async throws -> Bool) async throws {
    try await until(what) { try await holds() ? true : nil }
}
