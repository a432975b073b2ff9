import ClassAds
import CostModel
import MachineBook
import ShopAPI

/// The plants of a shop, in the order of its list.
struct Plants: Sendable {
    let list: PlantList
    let settings: ShopSettings
    /// The start of the shop that its calls are of.
    let origin: ShopEpoch
    let fence = Fence()
    let network: any PlantNetwork
    let health = PlantHealth()
    /// Lets so many rounds ask at a time. More calls at once than plants and shop can answer end at their deadlines, and then
    /// all was for nothing.
    private let rounds: AsyncSemaphore
    /// The same for those who look for a machine.
    private let lookups: AsyncSemaphore
    /// Calls for bids at a time.
    private static let mostCalls = 512

    /// - Parameters:
    ///   - list: The plants.
    ///   - settings: The shop's.
    ///   - origin: The start of the shop that its calls are of.
    ///   - network: How they are reached.
    init(_ list: PlantList, settings: ShopSettings, origin: ShopEpoch, network: any PlantNetwork) {
        (self.list, self.settings, self.origin, self.network) = (list, settings, origin, network)
        rounds = AsyncSemaphore(Self.mostRounds(of: list.urls.count))
        lookups = AsyncSemaphore(Self.mostRounds(of: list.urls.count))
    }

    /// The plants, in the order of the shop's list.
    var urls: [String] { list.urls }

    private static func mostRounds(of plants: Int) -> Int { max(1, mostCalls / max(1, plants)) }

    /// Lets as many rounds ask at a time as is right for the plants that there are now.
    func fitRounds() async {
        await rounds.set(limit: Self.mostRounds(of: urls.count))
        await lookups.set(limit: Self.mostRounds(of: urls.count))
    }

    /// Waits for its turn where many are asked. Few cost little; and who is called by another shop does not wait, since that one
    /// holds a place of its own meanwhile, and the two may call each other.
    private func inTurn<Value: Sendable>(
        _ turns: AsyncSemaphore,
        _ calls: Int,
        _ body: @Sendable @concurrent () async throws -> Value
    ) async throws -> Value {
        guard calls > Board.mostOffers, CallPath.current.shops.isEmpty else { return try await body() }
        return try await turns.run(body)
    }

    /// A plant's service.
    func client(_ url: String, deadline: Double) -> any PlantConnection {
        network.connection(url, deadline: .seconds(deadline), origin: origin, isPatient: false)
    }

    /// A plant's service, for calls that wait long for their answer.
    func poller(_ url: String, deadline: Double) -> any PlantConnection {
        network.connection(url, deadline: .seconds(deadline), origin: origin, isPatient: true)
    }

    /// Asks plants for a bid at once. The round ends when all have answered, at the deadline at the latest; who is cancelled
    /// before it begins has no answers.
    func ask(_ document: [UInt8], _ digest: String, policy: CostPolicy, at asked: [String]) async -> Round {
        guard !asked.isEmpty else { return Round([], for: digest, policy: policy) }
        let answers = try? await inTurn(rounds, asked.count) {
            await each(of: asked) { url, client in
                let result = await outcome(url) { try await client.estimate(document, policy: policy) }
                return PlantAnswer(url: url, name: await health.name(url), result: result)
            }
        }
        return Round(answers ?? [], for: digest, policy: policy)
    }

    /// Asks all plants what they would bid for any request, at this moment.
    func bidNotices() async -> Answers<BidNotice> {
        await each { url, client in (url, await outcome(url, suspects: false) { try await client.bidNotice() }) }
    }

    /// Asks services for what they would bid if some things were so.
    func suppose(
        _ suppositions: [Supposition],
        _ document: [UInt8],
        policy: CostPolicy,
        at asked: [String]
    ) async -> [PlantAnswer] {
        await each(of: asked) { url, client in
            let result = await outcome(url) { try await client.suppose(suppositions, document, policy: policy) }
            return PlantAnswer(url: url, name: await health.name(url), result: result)
        }
    }

    /// The error of a request that no plant takes.
    func noBids(_ refusals: [Refusal]) -> ServiceError {
        let why =
            urls.isEmpty
            ? "the shop's list has no plants; plants.file and plants.addresses of its configuration name them"
            : refusals.map { "\($0.plant): " + $0.reasons.joined(separator: "; ") }.joined(separator: " | ")
        return ServiceError(
            .noBids,
            "no plant can make the machine: \(why)",
            hint: "`vmshop estimate FILE` shows what each plant says, `vmshop plant list` how each stands",
            refusals: refusals
        )
    }

    /// Asks all plants at once what they say of an image.
    func explain(_ document: [UInt8], image: String) async -> ImageVerdicts {
        let answers = await each { url, client in
            let result = await outcome(url) { try await client.explain(document, image: image) }
            return (name: await health.name(url), result: result)
        }
        return answers.reduce(into: ImageVerdicts(verdicts: [])) { all, answer in
            switch answer.result {
            case .success(let said):
                all.verdicts += said.verdicts
                all.refusals += said.refusals
            case .failure(let error): all.refusals.append(Refusal(plant: answer.name, reasons: [error.message]))
            }
        }
    }

    /// What each plant said to a call, or why it said nothing.
    typealias Answers<Value: Sendable> = [(url: String, result: Result<Value, ServiceError>)]

    /// Asks the plants, but for some, for a page of their machines.
    func machines(_ page: MachinePage, except silent: Set<String>) async -> Answers<[Machine]> {
        await lists(except: silent) { try await $0.page(page) }
    }

    /// Asks all plants for all machines that are not gone.
    func allMachines() async -> Answers<[Machine]> {
        await lists { try await $0.machines(matching: nil, includeGone: false) }
    }

    /// A list may take long where there are many machines, so one that does not come in time makes nobody suspect; the
    /// plant is asked whether it is there at all.
    private func lists(
        except silent: Set<String> = [],
        _ call: @escaping @Sendable (any PlantConnection) async throws -> [Machine]
    ) async -> Answers<[Machine]> {
        await each(deadline: settings.estimateTimeout * 2, except: silent) { url, client in
            let result = await outcome(url, suspects: false) { try await call(client) }
            if case .failure(let error) = result, error.code == .timedOut { await probe(url) }
            return (url, result)
        }
    }

    /// Asks all plants how they stand.
    func statuses() async -> [PlantStatus] {
        await each { url, client in
            switch await outcome(url, evenIfSilent: true, { try await client.status() }) {
            case .success(let status):
                await health.learn(status.name, of: url)
                return entry(url, status, nil)
            case .failure(let error):
                return entry(url, nil, error.message)
            }
        }
    }

    private func entry(_ url: String, _ status: ServiceStatus?, _ problem: String?) -> PlantStatus {
        var entry = PlantStatus(url: url, status: status, problem: problem)
        entry.hasJoined = list.hasJoined(url) ? true : nil
        return entry
    }

    /// Asks all plants at once for a machine.
    ///
    /// - Throws: `CancellationError` for who is cancelled before it is asked.
    func machine(_ id: MachineID) async throws -> Answers<Machine> {
        try await inTurn(lookups, urls.count) {
            await each { url, client in (url, await outcome(url) { try await client.machine(id) }) }
        }
    }

    /// What a plant calls itself, its URL as long as it never said.
    func name(_ url: String) async -> String { await health.name(url) }

    /// The plants of the list that the last call did not reach.
    func unreached() async -> [String] {
        let unreached = await health.unreached
        return urls.filter(unreached.contains)
    }

    /// Asks the plants that were not reached, also those that are not in the list any more, whether they are back.
    func probeUnreached() async {
        await withDiscardingTaskGroup { group in
            for url in await health.unreached { group.addTask { await probe(url) } }
        }
    }

    private func probe(_ url: String) async {
        _ = await outcome(url, evenIfSilent: true) { try await client(url, deadline: 1).status() }
    }

    /// Calls a plant and keeps account of whether it answers.
    ///
    /// - Parameters:
    ///   - url: The plant.
    ///   - evenIfSilent: Whether it is called also where it was silent lately.
    ///   - suspects: Whether it is skipped from now on if it lets the deadline pass.
    ///   - call: The call.
    /// - Returns: What it answered, or why it did not.
    func outcome<Value: Sendable>(
        _ url: String,
        evenIfSilent: Bool = false,
        suspects: Bool = true,
        _ call: () async throws -> Value
    ) async -> Result<Value, ServiceError> {
        if !evenIfSilent, await health.silent.contains(url) {
            // Nothing was sent, so nothing is in doubt.
            return .failure(ServiceError(.unreachable, "\(url) did not answer lately and is skipped until it does"))
        }
        if fence.reason != nil { return .failure(Fence.silence) }
        let began = ServiceTime.now
        do {
            let value = try await call()
            await health.clear(url)
            return .success(value)
        } catch let error as ServiceError {
            switch error.code {
            case .timedOut: if suspects { await health.suspect(url) }
            // A host that is switched off is unreachable only after a while: that, too, is paid for once.
            case .unreachable where ServiceTime.now - began > Self.dear: await health.suspect(url)
            case .unreachable: await health.miss(url)
            // Perhaps it was not even asked, for want of a connection.
            case .unavailable: break
            case .superseded:
                fence.close(error)
                return .failure(Fence.silence)
            default: await health.clear(url)
            }
            return .failure(error)
        } catch {
            return .failure(ServiceError(.internalError, "\(url): \(error)"))
        }
    }

    private static let dear = Duration.seconds(1)

    private func each<Value: Sendable>(
        of asked: [String]? = nil,
        deadline: Double? = nil,
        except left: Set<String> = [],
        _ body: @escaping @Sendable (String, any PlantConnection) async -> Value
    ) async -> [Value] {
        await withTaskGroup { group in
            let urls = asked ?? urls
            for (index, url) in urls.enumerated() where !left.contains(url) {
                let client = client(url, deadline: deadline ?? settings.estimateTimeout)
                group.addTask { (index, await body(url, client)) }
            }
            var values: [Int: Value] = [:]
            for await (index, value) in group { values[index] = value }
            return (asked ?? urls).indices.compactMap { values[$0] }
        }
    }
}
