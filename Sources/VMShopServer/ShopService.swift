import FoundationEssentials
import GRDB
public import Logging
import MachineBook
import ServerSettings
public import ShopAPI
import ShopHTTP

/// A shop as a process: its parts put together, its HTTP server, its upkeep.
public struct ShopService: Sendable {
    let shop: Shop
    private let logger: Logger
    /// Held until the service has run.
    private let lock: StateLock?

    /// The service itself.
    public var service: some MachineService & GangService { shop }

    /// How many plants' bid functions the shop goes by at this moment.
    public var plantsHeard: Int { get async { await shop.parts.board.plants().count } }

    /// Whether the shop is bringing machines about.
    public var isPlacing: Bool { get async { await shop.tasks.isUnderWay(.creating) } }

    /// Whether no plant has accepted a machine yet that the shop has taken on.
    public func isPlacing(_ id: MachineID) async throws -> Bool {
        try await shop.parts.machines.record(id)?.machine.state == .placing
    }

    /// Opens the shop's book and reads its list of plants.
    ///
    /// - Throws: ``SettingsError`` for a list that cannot be read or a state directory that another process serves from,
    ///   or what cannot be opened.
    public static func open(_ settings: ShopSettings, logger: Logger) throws -> ShopService {
        let list = PlantList(try PlantAddresses.load(settings))
        let key = try settings.joinKeyFile.map { try SharedKey(file: $0, setting: "plants.joinKey") }
        try FileManager.default.createDirectory(atPath: settings.stateDirectory, withIntermediateDirectories: true)
        let lock = try StateLock(directory: settings.stateDirectory)
        let database = try ShopDatabase.open(path: settings.stateDirectory + "/shop.sqlite")
        return try ShopService(settings, list, key, database, HTTPPlantNetwork(), lock, logger)
    }

    /// Puts the parts together.
    init(
        _ settings: ShopSettings,
        _ list: PlantList,
        _ key: SharedKey?,
        _ database: any DatabaseWriter,
        _ network: @autoclosure () -> any PlantNetwork,
        _ lock: StateLock?,
        _ logger: Logger
    ) throws {
        let begun = try ShopDatabase.begun(database)
        for plant in try JoinedPlants.all(database) { list.add(plant.url, as: plant.name) }
        // Names need not be unique; no two books are begun in one millisecond.
        let origin = "\(settings.name)@\(String(begun.milliseconds, radix: 36))"
        let epoch = ShopEpoch(shop: origin, number: try ShopDatabase.beginEpoch(database))
        let parts = ShopParts(
            settings: settings,
            plants: Plants(list, settings: settings, origin: epoch, network: network()),
            machines: MachineStore(database),
            owed: OwedCollections(database: database),
            rounds: RoundBook(database: database),
            joined: JoinedPlants(database: database),
            gangs: GangBook(database: database),
            joinKey: key,
            board: BidBoard(list.urls, seed: settings.bidSeed.map { UInt64($0) } ?? .random(in: 0 ... .max)),
            gate: Gate(limit: settings.maximumPlacements),
            epochs: ShopEpochs(database),
            bookBegun: begun,
            logger: logger
        )
        (self.lock, self.logger) = (lock, logger)
        shop = Shop(parts: parts)
    }

    /// Serves until the process is told to stop. What is under way goes on at the next start.
    ///
    /// - Parameter onRunning: Told the port once it listens.
    /// - Throws: What kept the server from listening.
    public func run(onRunning: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let settings = shop.parts.settings
        let application = ServiceApplication(shop, host: settings.host, port: settings.port, logger: logger)
        do {
            try await application.run(
                services: [
                    Upkeep(shop: shop), Subscriptions(shop: shop.parts), BookWatch(shop.parts.machines),
                    shop.parts.plants.fence,
                ],
                onRunning: onRunning
            )
        } catch {
            await close()
            throw error
        }
        await close()
    }

    /// Stops what is under way, which the next start goes on with, and closes the connections to the plants.
    ///
    /// The order matters: work that finds its connections closed would take its plants for dead.
    func close() async {
        for id in await shop.tasks.busy { await shop.tasks.stop(id, butKeep: .collecting) }
        await shop.parts.plants.network.shutdown()
        lock?.release()
    }
}
