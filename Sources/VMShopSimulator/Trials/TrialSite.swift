import GRDB
import Logging
import ShopAPI
import VMShopServer

/// The plants and shops of a trial, and what goes wrong with them.
actor TrialSite {
    /// A shop of the site.
    private struct Shop {
        let station: Station
        var book: any DatabaseWriter
        /// What a power cut leaves of it, where there is to be one.
        var flushed: (any DatabaseWriter)?
        var process: SimulatedProcess
        var service: ShopService
        var upkeep: Task<Void, Never>
    }

    let plan: TrialPlan
    nonisolated let clock: VirtualClock
    nonisolated let network: SimulatedNetwork
    nonisolated let log: TrialLog
    nonisolated let plants: [(station: Station, plant: SimulatedPlant)]
    nonisolated let shopStations: [Station]
    private let settings: ShopSettings
    private var shops: [Shop] = []
    /// The shops whose books were lost.
    private(set) var forgetful: Set<Int> = []
    /// Whether nothing goes wrong any more.
    private var isCalm = false

    /// A site in which nobody runs yet.
    init(_ plan: TrialPlan, _ clock: VirtualClock, _ settings: ShopSettings) {
        (self.plan, self.clock, self.settings) = (plan, clock, settings)
        log = TrialLog(clock)
        network = SimulatedNetwork(clock, seed: plan.seed, plan.conditions)
        plants = (0..<plan.options.plants).map { number in
            let plant = SimulatedPlant(number, plan.options, isSilent: false)
            return (Station("plant-\(number + 1)"), plant)
        }
        shopStations = (0..<plan.options.shops).map { Station("shop-\($0 + 1)") }
    }

    /// Starts everybody.
    ///
    /// - Throws: What SQLite says.
    func start() throws {
        for (station, _) in plants { station.process = SimulatedProcess(clock) }
        for number in shopStations.indices {
            shops.append(try started(number, ShopService.bookInMemory(), skew: .zero))
        }
    }

    /// The shop that answers now.
    func service(_ number: Int) -> ShopService { shops[number].service }

    /// The process of the shop that answers now.
    func process(_ number: Int) -> SimulatedProcess { shops[number].process }

    /// Whether any shop has a machine on which something is not done yet, or any plant has.
    var isAtWork: Bool {
        get async {
            for shop in shops where (try? await shop.service.isUnsettled) != false { return true }
            for (_, plant) in plants where await plant.isAtWork { return true }
            return false
        }
    }

    /// How many machines became ready, each counted once.
    var made: Int {
        get async {
            var made: Set<MachineID> = []
            for (_, plant) in plants { made.formUnion(await plant.made) }
            return made.count
        }
    }

    private func started(_ number: Int, _ book: any DatabaseWriter, skew: Duration) throws -> Shop {
        let process = SimulatedProcess(clock, skew: skew)
        let station = shopStations[number]
        var settings = settings
        settings.name = station.name
        settings.plantAddresses = plants.indices.map { "10.0.0.\($0 + 1):8100" }
        settings.bidMode = ShopSettings.BidMode(rawValue: plan.options.bids) ?? .live
        settings.bidSeed = Int(truncatingIfNeeded: plan.seed >> 1) + number
        settings.policy = plan.options.policy
        let pairs = plants.enumerated().map { ("http://10.0.0.\($0 + 1):8100", $1) }
        let network = SimulatedPlantNetwork(
            network: network,
            caller: station.name,
            log: log,
            plants: Dictionary(uniqueKeysWithValues: pairs)
        )
        return try ServiceTime.$process.withValue(process) {
            let service = try ShopService.simulated(settings, book: book, network: network, logger: Self.logger)
            // UNSTRUCTURED: it ends with its process.
            let upkeep = Task { await service.keepUp() }
            station.process = process
            let flushed = plan.cutsPower(of: number) ? try Self.flushed(of: book, process) : nil
            return Shop(
                station: station,
                book: book,
                flushed: flushed,
                process: process,
                service: service,
                upkeep: upkeep
            )
        }
    }

    /// A copy of a book that has all that was flushed.
    private static func flushed(
        of book: any DatabaseWriter,
        _ process: SimulatedProcess
    ) throws -> any DatabaseWriter {
        let copy = try ShopService.bookInMemory()
        try book.backup(to: copy)
        process.observe {
            do {
                try book.backup(to: copy)
            } catch {
                // REASON: both are in memory and nobody else uses the copy; a trial that goes on without it would say nothing.
                preconditionFailure("a book cannot be copied: \(error)")
            }
        }
        return copy
    }

    private static let logger = {
        var logger = Logger(label: "trial")
        logger.logLevel = .critical
        return logger
    }()

    /// Has everything go wrong that is to, and then nothing any more.
    func suffer() async throws {
        await withDiscardingTaskGroup { group in
            for incident in plan.incidents { group.addTask { try? await self.suffer(incident) } }
        }
        try await clock.sleep(until: max(clock.now, clock.beginning + .seconds(plan.trouble)))
        network.calm()
        isCalm = true
        // A shop that was killed last is still to be started.
        await recovered()
        log.note("all is calm")
    }

    private func suffer(_ incident: TrialPlan.Incident) async throws {
        let length = Duration.seconds(incident.duration)
        if case .killShopAt(let number, let faultPoint, let passes) = incident.kind {
            return doom(number, at: faultPoint, passes, for: length)
        }
        try await clock.sleep(until: clock.beginning + .seconds(incident.time))
        log.note("\(incident.kind), for \(incident.duration) s")
        switch incident.kind {
        case .killShop(let number): try await kill(number, for: length)
        case .killShopAt: break
        case .cutPower(let number): try await kill(number, for: length, leaving: { $0.flushed })
        case .loseBook(let number):
            try await kill(number, for: length, leaving: { _ in nil })
        case .killPlant(let number): try await killPlant(number, for: length)
        case .freezePlant(let number):
            plants[number].station.process?.freeze(until: clock.now + length)
            try await clock.sleep(for: length)
        case .cut(let from, let to):
            network.cut(from, to, for: length)
            try await clock.sleep(for: length)
        case .jump(let number, let seconds): shops[number].process.jump(by: .seconds(seconds))
        }
    }

    /// Has a shop be killed when it passes a place; nothing happens where it does not before all is calm.
    private func doom(_ number: Int, at faultPoint: String, _ passes: Int, for length: Duration) {
        let upkeep = shops[number].upkeep
        shops[number].process.doom(at: faultPoint, after: passes) {
            upkeep.cancel()
            // UNSTRUCTURED: whoever passed the place is dead.
            Task { try? await self.die(number, faultPoint, for: length) }
        }
    }

    private func die(_ number: Int, _ faultPoint: String, for length: Duration) async throws {
        log.note("\(shopStations[number].name) dies at \(faultPoint), for \(length)")
        try await kill(number, for: isCalm ? .milliseconds(10) : length)
    }

    /// Waits until every shop and plant runs.
    private func recovered() async {
        while !shops.allSatisfy(\.process.isAlive) || !plants.allSatisfy({ $0.station.process?.isAlive == true }) {
            guard (try? await clock.sleep(for: .milliseconds(100))) != nil else { return }
        }
    }

    /// Kills a shop, and starts it anew after a while.
    ///
    /// - Parameters:
    ///   - number: The shop.
    ///   - length: How long it is dead.
    ///   - left: What is left of its book; nothing where that is lost.
    /// - Throws: `CancellationError`; what SQLite says.
    private func kill(
        _ number: Int,
        for length: Duration,
        leaving left: (Shop) -> (any DatabaseWriter)? = { $0.book }
    ) async throws {
        let shop = shops[number]
        shop.process.kill()
        shop.upkeep.cancel()
        try await clock.sleep(for: length)
        // Two may have killed it at the same time.
        guard shops[number].process === shop.process else { return }
        let book = left(shop)
        if book == nil { forgetful.insert(number) }
        shops[number] = try started(number, book ?? ShopService.bookInMemory(), skew: shop.process.skew)
        log.note("\(shop.station.name) is started anew")
    }

    /// Ends everybody.
    func end() {
        for shop in shops {
            shop.process.kill()
            shop.upkeep.cancel()
        }
    }

    private func killPlant(_ number: Int, for length: Duration) async throws {
        let (station, plant) = plants[number]
        guard let process = station.process, process.isAlive else { return }
        process.kill()
        await plant.wake()
        try await clock.sleep(for: length)
        let next = SimulatedProcess(clock)
        station.process = next
        await ServiceTime.$process.withValue(next) { await plant.goOn() }
        log.note("\(station.name) is started anew")
    }

    /// Has the plants tell their listeners once a second that they are there.
    nonisolated func keepTelling() async {
        while (try? await clock.sleep(for: .seconds(1))) != nil {
            for (_, plant) in plants { await plant.wake() }
        }
    }
}
