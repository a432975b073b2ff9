import ClassAds
import CostModel
import DAGModel
import MachineBook
import ShopAPI

/// The machine service over many plants. It owns nothing but the memory of what it delegated.
struct Shop: MachineService {
    let parts: ShopParts
    let tasks = MachineTasks()
    let parser = RequestParser()

    var pathName: String? { parts.plants.origin.shop }

    func admit(_ epoch: ShopEpoch) async throws { try await parts.epochs.admit(epoch) }

    func status() async throws -> ServiceStatus {
        let unreached = await parts.plants.unreached()
        let count = parts.plants.urls.count
        var problems: [String] = []
        for url in unreached { problems.append("\(await parts.plants.name(url)) does not answer") }
        if count == 0 { problems.append("its list has no plants") }
        let trouble = parts.machines.problem
        if let trouble { problems.append(trouble) }
        return ServiceStatus(
            name: parts.settings.name,
            role: .shop,
            isReady: count > unreached.count && trouble == nil,
            problems: problems,
            machines: try await parts.machines.countHolding(),
            details: ["plants": "\(count)", "policy": parts.settings.policy.text]
        )
    }

    func plants() async throws -> [PlantStatus] { await parts.plants.statuses() }

    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        let policy = try chosen(policy)
        let request = try await parser.read(document)
        let digest = request.digest
        let bidding = Bidding(shop: parts, request: request, document: document, digest: digest, policy: policy)
        return await bidding.estimate().estimate(digest, by: parts.settings.name)
    }

    /// The policy that plants are asked to price by: the client's where the shop lets it choose, else the shop's.
    ///
    /// - Throws: ``ServiceError`` `call.invalid` for one that clients may not choose.
    func chosen(_ policy: CostPolicy?) throws -> CostPolicy {
        let (own, choices) = (parts.settings.policy, parts.settings.policyChoices)
        guard let policy, policy != own else { return own }
        guard choices.isEmpty || choices.contains(policy) else {
            let names = ([own] + choices.filter { $0 != own }).map(\.text).joined(separator: ", ")
            throw ServiceError(
                .callInvalid,
                "this shop does not price by `\(policy.text)`",
                hint: "it does by \(names)"
            )
        }
        return policy
    }

    func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts {
        _ = try await parser.read(document)
        return await parts.plants.explain(document, image: image)
    }

    func placement(of id: MachineID) async throws -> PlacementReport {
        let record = try await record(id)
        let rounds = try await parts.rounds.rounds(of: id)
        return PlacementReport(
            machine: id,
            policy: rounds.isEmpty ? nil : record.extra.policy,
            plant: record.machine.plant,
            rounds: rounds
        )
    }

    func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        _ = try await record(id)
        return try await parts.machines.events(of: id, after: sequence, wait: wait)
    }

    /// A machine's row; one that the shop does not know is looked for at the plants.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`; `service.unavailable` when a plant that may have it is silent.
    func record(_ id: MachineID) async throws -> ShopRecord {
        if let record = try await parts.machines.record(id) { return record }
        let (found, silent) = try await MachineDirectory(shop: parts).find(id)
        if let found { return found }
        guard silent.isEmpty else { throw await unsure(id, silent) }
        throw ServiceError.unknown(id)
    }

    func unsure(_ id: MachineID, _ silent: [String]) async -> ServiceError {
        var names: [String] = []
        for url in silent { names.append(await parts.plants.name(url)) }
        return ServiceError(
            .unavailable,
            "machine \(id) is at no plant that answers, and these do not: \(names.joined(separator: ", "))",
            hint: "try again when they are back; `vmshop plant list` shows how they stand"
        )
    }

    func machine(_ id: MachineID) async throws -> Machine {
        let record = try await record(id)
        guard let plant = record.extra.plant, record.isAtPlant else { return record.machine.advertised }
        let client = parts.plants.client(plant, deadline: parts.settings.estimateTimeout)
        switch await parts.plants.outcome(plant, { try await client.machine(id) }) {
        case .success(let machine):
            guard machine.id == id else { return record.machine.remembered }
            return record.followsPlant ? machine : record.machine.seen(as: machine)
        case .failure(let error) where error.code == .machineUnknown && record.followsPlant:
            let directory = MachineDirectory(shop: parts)
            try await directory.lose(id, at: plant)
            return try await self.record(id).machine.advertised
        case .failure:
            return record.followsPlant ? record.machine.remembered : record.machine.advertised
        }
    }

    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        try await page(MachinePage(matching: query, includeGone: includeGone))
    }

    func page(_ page: MachinePage) async throws -> [Machine] { try await MachineDirectory(shop: parts).page(page) }
}

extension Machine {
    /// The machine with its state among its attributes, so that queries see it.
    var advertised: Machine {
        var machine = self
        machine.attributes["State"] = .string(state.rawValue)
        machine.attributes["Machine"] = .string(id.text)
        machine.attributes["Name"] = .string(name)
        machine.attributes["Domain"] = .string(domain)
        machine.attributes["Owner"] = owner.map { .string($0) }
        machine.attributes["Plant"] = plant.map { .string($0) }
        return machine
    }

    /// The machine as it was last seen at a plant that does not answer now. Queries can tell by `Remembered`.
    var remembered: Machine {
        var machine = advertised
        machine.attributes["Remembered"] = .boolean(true)
        return machine
    }
}
