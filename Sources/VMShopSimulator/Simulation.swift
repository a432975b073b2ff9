import AsyncHTTPClient
import CostModel
import FoundationEssentials
import SeededRandom
import ShopAPI
import VMShopServer

/// A run of a simulated site: clients ask its shops for machines, each for the next when a plant has the one before, and in
/// the end the books of all are compared.
public struct Simulation: Sendable {
    /// What is simulated.
    public let options: SimulationOptions

    /// A simulation.
    public init(_ options: SimulationOptions) { self.options = options }

    /// Runs it.
    ///
    /// - Parameter directory: Where the books of the shops are made.
    /// - Returns: What happened.
    /// - Throws: What keeps the site from being set up.
    public func run(in directory: String) async throws -> SimulationReport {
        let http = HTTPClient(configuration: .init())
        do {
            let report = try await SimulatedSite.with(options, in: directory) { site in
                try await awaitBids(site)
                let began = ContinuousClock.now
                var asked = try await options.isGang ? askGang(site, http) : ask(site, http)
                try await awaitOutcomes(&asked, site)
                let seconds = (ContinuousClock.now - began).seconds
                return try await settled(site, asked, seconds)
            }
            try await http.shutdown()
            return report
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    /// Sets the site up and lets something be done with its first shop: it asks about a request what it would cost.
    ///
    /// - Parameters:
    ///   - directory: Where the books of the shops are made.
    ///   - body: What is done; it is given the question, which answers how many bids there are.
    /// - Returns: What the body returns.
    /// - Throws: What keeps the site from being set up; what the body throws.
    public func asking<Value: Sendable>(
        in directory: String,
        _ body: @Sendable (_ ask: @Sendable () async throws -> Int) async throws -> Value
    ) async throws -> Value {
        try await SimulatedSite.with(options, in: directory) { site in
            let shop = site.services[0].service
            let document = document(0)
            return try await body { try await shop.estimate(document, policy: nil).bids.count }
        }
    }

    /// A request and what came of it.
    struct Asked: Sendable {
        var id: MachineID
        var began: ContinuousClock.Instant
        var shop: Int
        /// The machine as the shop had it in the end; nothing where the shop did not take the request.
        var machine: Machine?
        var error: ServiceError?
    }

    /// Waits until the shops have come to an end with every machine that they took on, and notes how each is then.
    private func awaitOutcomes(_ asked: inout [Asked], _ site: SimulatedSite) async throws {
        for service in site.services {
            while await service.isPlacing { try await Task.sleep(for: .milliseconds(20)) }
        }
        var machines: [MachineID: Machine] = [:]
        for service in site.services {
            for machine in try await service.service.machines(matching: nil, includeGone: true) {
                machines[machine.id] = machine
            }
        }
        for index in asked.indices { asked[index].machine = machines[asked[index].id] }
    }

    /// What happened, once everything has come to rest: at the latest some seconds after the last request (RELIABILITY, I9).
    private func settled(_ site: SimulatedSite, _ asked: [Asked], _ seconds: Double) async throws -> SimulationReport {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            let report = try await SimulationReport(options, site, asked, seconds: seconds)
            guard !report.violations.isEmpty, .now < end else { return report }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Waits until the shops know what the plants tell, where they go by that.
    private func awaitBids(_ site: SimulatedSite) async throws {
        guard options.bids == "told" else { return }
        let silent = SimulatedFate.silentPlants(options).count
        let end = ContinuousClock.now + .seconds(60)
        for shop in site.services {
            while await shop.plantsHeard < options.plants - silent {
                guard .now < end else { throw ServiceError(.timedOut, "the shops did not hear all plants in a minute") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func ask(_ site: SimulatedSite, _ http: HTTPClient) async throws -> [Asked] {
        let clients = site.shops.map { MachineClient(url: $0, http: http, deadline: .seconds(60)) }
        return await withTaskGroup(of: [Asked].self) { group in
            for client in 0..<options.clients {
                group.addTask {
                    var asked: [Asked] = []
                    for number in stride(from: client, to: options.requests, by: options.clients) {
                        let shop = number % clients.count
                        asked.append(await ask(clients[shop], shop, number))
                        await awaitPlant(asked[asked.count - 1], site)
                    }
                    return asked
                }
            }
            var all: [Asked] = []
            for await part in group { all += part }
            return all.sorted { $0.id < $1.id }
        }
    }

    /// Asks for all machines as one gang, and waits until they are made.
    private func askGang(_ site: SimulatedSite, _ http: HTTPClient) async throws -> [Asked] {
        let client = MachineClient(url: site.shops[0], http: http, deadline: .seconds(60))
        var generator = SeededGenerator(seed: options.seed)
        let (id, began) = (MachineID(using: &generator), ContinuousClock.now)
        var gang = try await client.createGang(id, document(0), count: options.requests, options: CreateOptions())
        while !gang.state.isResting, .now - began < Self.patience {
            try await Task.sleep(for: .milliseconds(10))
            gang = try await client.gang(id)
        }
        return gang.machines.map { Asked(id: $0, began: began, shop: 0, error: gang.error) }
    }

    /// Waits until a plant has claimed the machine or the shop has given it up, which is looked at less often.
    private func awaitPlant(_ asked: Asked, _ site: SimulatedSite) async {
        guard asked.machine != nil else { return }
        while await !site.times.awaitClaim(asked.id) {
            guard (try? await site.services[asked.shop].isPlacing(asked.id)) == true else { return }
        }
    }

    /// Asks for a machine, and again where the shop is busy or cannot tell whether it has it: that is what the id is for.
    private func ask(_ client: MachineClient, _ shop: Int, _ number: Int) async -> Asked {
        // Of now, since a shop looks for old ids at all plants; but for that it does not depend on who is faster.
        var generator = SeededGenerator(seed: options.seed &* 1_000_003 &+ number)
        let id = MachineID(using: &generator)
        var asked = Asked(id: id, began: .now, shop: shop)
        while true {
            do {
                asked.machine = try await client.create(id, document(number), options: CreateOptions())
                return asked
            } catch let error as ServiceError
                where [.overloaded, .unavailable, .timedOut].contains(error.code) && .now - asked.began < Self.patience
            {
                try? await Task.sleep(for: .milliseconds(5))
            } catch {
                asked.error = error as? ServiceError ?? ServiceError(.internalError, "\(error)")
                return asked
            }
        }
    }

    private static let patience = Duration.seconds(60)

    private func document(_ number: Int) -> [UInt8] {
        let domain = "domain-\(number % options.domains).example"
        return Array(
            """
            <request xmlns="urn:vmshop:request:1" name="machine-\(number)">
              <client domain="\(domain)"/>
              <start><image name="small"/></start>
            </request>
            """.utf8
        )
    }
}
