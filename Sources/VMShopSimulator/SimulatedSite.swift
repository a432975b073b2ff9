import CostModel
import FoundationEssentials
import Logging
import ServerSettings
import ShopAPI
import ShopHTTP
import VMShopServer

/// Plants and shops that run in this process, each on a socket of its own.
struct SimulatedSite: Sendable {
    let plants: [SimulatedPlant]
    /// Where the shops listen.
    let shops: [String]
    /// The shops themselves.
    let services: [ShopService]
    let times: ClaimTimes

    /// Starts a site, and ends it when the body has ended.
    ///
    /// - Parameters:
    ///   - options: What is simulated.
    ///   - directory: Where the books are.
    ///   - body: What is done with the site.
    /// - Returns: What the body returns.
    /// - Throws: What keeps a server from listening; what the body throws.
    static func with<Value: Sendable>(
        _ options: SimulationOptions,
        in directory: String,
        _ body: @Sendable (SimulatedSite) async throws -> Value
    ) async throws -> Value {
        var logger = Logger(label: "simulation")
        // That its servers are broken off in the end is no news.
        logger.logLevel = .critical
        let silent = SimulatedFate.silentPlants(options)
        let (journal, times) = (try ClaimJournal(path: directory + "/claims.sqlite"), ClaimTimes())
        let plants = (0..<options.plants).map {
            SimulatedPlant($0, options, isSilent: silent.contains($0), journal: journal, times: times)
        }
        // UNSTRUCTURED: those who wait for its ticks are the servers, so it ends after them.
        let clock = Task { await keepTelling(plants) }
        defer { clock.cancel() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            var ports: [Int] = []
            for plant in plants {
                ports.append(
                    try await started(&group) { [logger] begun in
                        let server = ServiceApplication(plant, host: "127.0.0.1", port: 0, logger: logger)
                        try await server.run(end: { try? await Task.sleep(for: .seconds(1 << 30)) }, onRunning: begun)
                    }
                )
            }
            var (urls, services): ([String], [ShopService]) = ([], [])
            for number in 0..<options.shops {
                let service = try await shop(number, options, ports, directory, logger)
                services.append(service)
                urls.append("http://127.0.0.1:\(try await started(&group) { try await service.run(onRunning: $0) })")
            }
            return try await body(SimulatedSite(plants: plants, shops: urls, services: services, times: times))
        }
    }

    /// Has every plant tell its listeners once a second that it is there: one clock for all of them, since thousands of alarms would
    /// take more of the processor than what they are for.
    private static func keepTelling(_ plants: [SimulatedPlant]) async {
        for turn in 0... {
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return }
            for plant in plants where plant.number % 100 == turn % 100 { await plant.wake() }
        }
    }

    private static func started(
        _ group: inout ThrowingTaskGroup<Void, any Error>,
        _ run: @escaping @Sendable (@escaping @Sendable (Int) async -> Void) async throws -> Void
    ) async throws -> Int {
        let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
        group.addTask {
            defer { announcement.finish() }
            try await run { announcement.yield($0) }
        }
        for await port in ports { return port }
        throw ServiceError(.unavailable, "a simulated server does not listen")
    }

    private static func shop(
        _ number: Int,
        _ options: SimulationOptions,
        _ ports: [Int],
        _ directory: String,
        _ logger: Logger
    ) async throws -> ShopService {
        let flags = [
            "name=shop-\(number + 1)", "http.port=0", "state.directory=\(directory)/shop-\(number + 1)",
            "plants.addresses=" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ","),
            "bids.mode=\(options.bids)", "bids.seed=\(options.seed + number)", "cost.policy=\(options.policy.text)",
            "timeouts.estimate=4", "timeouts.accept=4", "timeouts.silence=8", "limits.placements=100000",
        ]
        let sources = SettingsSources(flags: flags, file: nil, defaultFiles: [], environmentPrefix: "-")
        return try ShopService.open(ShopSettings(await sources.reader()), logger: logger)
    }
}
