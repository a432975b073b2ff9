import AsyncHTTPClient
import ClassAds
import CostModel
import ShopAPI

/// The plants of a shop, in the order of its list.
struct Plants: Sendable {
    let urls: [String]
    let settings: ShopSettings
    let http: HTTPClient
    let health = PlantHealth()

    /// A plant's service.
    func client(_ url: String, deadline: Double) -> MachineClient {
        MachineClient(url: url, http: http, deadline: .seconds(deadline))
    }

    /// Asks all plants for a bid at once. The round ends when all have answered, at the deadline at the latest.
    func ask(_ document: [UInt8], policy: CostPolicy) async -> Round {
        let answers = await each { url, client in
            let result = await outcome(url) { try await client.estimate(document, policy: policy) }
            return PlantAnswer(url: url, name: await health.name(url), result: result)
        }
        return Round(answers, policy: policy)
    }

    /// Asks all plants for their machines, with what each said or why it did not.
    func machines(
        matching query: Query?,
        includeGone: Bool
    ) async -> [(url: String, result: Result<[Machine], ServiceError>)] {
        await each { url, client in
            (url, await outcome(url) { try await client.machines(matching: query, includeGone: includeGone) })
        }
    }

    /// Asks all plants how they stand.
    func statuses() async -> [PlantStatus] {
        await each { url, client in
            switch await outcome(url, evenIfSilent: true, { try await client.status() }) {
            case .success(let status):
                await health.learn(status.name, of: url)
                return PlantStatus(url: url, status: status, problem: nil)
            case .failure(let error):
                return PlantStatus(url: url, status: nil, problem: error.message)
            }
        }
    }

    /// Asks all plants at once for a machine.
    func machine(_ id: MachineID) async -> [(url: String, result: Result<Machine, ServiceError>)] {
        await each { url, client in (url, await outcome(url) { try await client.machine(id) }) }
    }

    /// What a plant calls itself, its URL as long as it never said.
    func name(_ url: String) async -> String { await health.name(url) }

    /// Asks the plants that were silent whether they are back.
    func probeSilent() async {
        await withTaskGroup { group in
            for url in await health.silent {
                group.addTask {
                    _ = await outcome(url, evenIfSilent: true) { try await client(url, deadline: 1).status() }
                }
            }
        }
    }

    /// Calls a plant and keeps account of whether it answers.
    func outcome<Value: Sendable>(
        _ url: String,
        evenIfSilent: Bool = false,
        _ call: () async throws -> Value
    ) async -> Result<Value, ServiceError> {
        if !evenIfSilent, await health.silent.contains(url) {
            // Nothing was sent, so nothing is in doubt.
            return .failure(ServiceError(.unreachable, "\(url) did not answer lately and is skipped until it does"))
        }
        let began = ContinuousClock.now
        do {
            let value = try await call()
            await health.clear(url)
            return .success(value)
        } catch let error as ServiceError {
            // A host that is switched off is unreachable only after a while: that, too, is paid for once.
            let wasDear = error.code == .unreachable && .now - began > Self.dear
            if error.code == .timedOut || wasDear { await health.suspect(url) } else { await health.clear(url) }
            return .failure(error)
        } catch {
            return .failure(ServiceError(.internalError, "\(url): \(error)"))
        }
    }

    private static let dear = Duration.seconds(1)

    private func each<Value: Sendable>(
        _ body: @escaping @Sendable (String, MachineClient) async -> Value
    ) async -> [Value] {
        await withTaskGroup { group in
            for (index, url) in urls.enumerated() {
                let client = client(url, deadline: settings.estimateTimeout)
                group.addTask { (index, await body(url, client)) }
            }
            var values: [Int: Value] = [:]
            for await (index, value) in group { values[index] = value }
            return urls.indices.compactMap { values[$0] }
        }
    }
}
