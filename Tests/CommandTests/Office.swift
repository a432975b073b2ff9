import Foundation
import Logging
import ServerSettings
import ShopAPI
import VMShopTesting

@testable import VMShopServer

/// A shop over stub plants, for the command line to talk to.
struct Office: Sendable {
    let plants: [StubPlant]
    let url: String
    let directory: String

    /// Runs the command line with the shop's address.
    func vmshop(_ arguments: String..., input: String = "") async throws -> Tool.Run {
        try await Tool.vmshop.run(arguments, input: input, environment: ["VMSHOP_URL": url])
    }

    /// Creates a machine and returns its id.
    func create(_ name: String, user: String? = nil, actions: [String] = []) async throws -> MachineID {
        let id = MachineID.new()
        let document = String(decoding: Documents.machine(name, user: user, actions: actions), as: UTF8.self)
        _ = try await vmshop("create", "-", "--id", id.text, "--quiet", input: document)
        return id
    }

    /// Runs a test with a shop and its plants.
    ///
    /// - Parameters:
    ///   - count: How many plants there are.
    ///   - patience: Seconds that a plant has to answer: more than a busy machine needs where nobody is silent.
    ///   - body: The test.
    /// - Throws: What the test throws, and what cannot be started.
    static func run(
        _ count: Int = 2,
        patience: Double = 15,
        _ body: (Office) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let plants = (1...count).map { StubPlant("plant-\($0)") }
            var servers: [LocalServer<StubPlant>] = []
            var addresses: [String] = []
            for plant in plants {
                let server = try await LocalServer.started(plant)
                servers.append(server)
                addresses.append(await server.address)
            }
            let flags = [
                "state.directory=\(directory)", "plants.addresses=" + addresses.joined(separator: ","),
                "timeouts.estimate=\(patience)",
                "timeouts.accept=\(patience)",
            ]
            let sources = SettingsSources(flags: flags, file: nil, defaultFiles: [], environmentPrefix: "-")
            var logger = Logger(label: "office")
            logger.logLevel = .critical
            let service = try ShopService.open(try ShopSettings(await sources.reader()), logger: logger)
            let front = try await LocalServer.started(service.shop)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(Office(plants: plants, url: await front.url, directory: directory)))
            } catch {
                result = .failure(error)
            }
            await front.stop()
            await service.close()
            for server in servers { await server.stop() }
            try result.get()
        }
    }
}
