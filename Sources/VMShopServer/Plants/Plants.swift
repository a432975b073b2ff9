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
            PlantAnswer(url: url, result: await outcome(url) { try await client.estimate(document, policy: policy) })
        }
        return Round(answers)
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
            case .success(let status): PlantStatus(url: url, status: status, problem: nil)
            case .failure(let error): PlantStatus(url: url, status: nil, problem: error.message)
            }
        }
    }

    /// Asks the plants that were silent whether they are back.
    func probeSilent() async {
        for url in await health.silent {
            _ = await outcome(url, evenIfSilent: true) { try await client(url, deadline: 1).status() }
        }
    }

    /// Calls a plant and keeps account of whether it answers.
    func outcome<Value: Sendable>(
        _ url: String,
        evenIfSilent: Bool = false,
        _ call: () async throws -> Value
    ) async -> Result<Value, ServiceError> {
        if !evenIfSilent, await health.silent.contains(url) {
            return .failure(ServiceError(.timedOut, "\(url) did not answer lately and is skipped until it does"))
        }
        do {
            let value = try await call()
            await health.clear(url)
            return .success(value)
        } catch let error as ServiceError {
            if error.code == .timedOut { await health.suspect(url) } else { await health.clear(url) }
            return .failure(error)
        } catch {
            return .failure(ServiceError(.internalError, "\(url): \(error)"))
        }
    }

    private func each<Value: Sendable>(_ body: @escaping @Sendable (String, MachineClient) async -> Value) async -> [Value] {
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
