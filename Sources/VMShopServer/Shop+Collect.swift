import MachineBook
import ShopAPI

extension Shop {
    func collect(_ id: MachineID) async throws -> Machine {
        let known = try await recordToCollect(id)
        guard known.machine.state != .collected else { return known.machine.advertised }
        if known.machine.state != .collecting {
            try await parts.machines.update(id) { record in
                if record.machine.state != .collected { record.machine.state = .collecting }
            }
        }
        await tasks.stop(id, butKeep: .collecting)
        return try await finishCollection(id)
    }

    /// Tells every plant that was ever told of the machine to collect it, all at once.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - patiently: Whether plants that were silent lately are asked too.
    /// - Returns: The machine, collected.
    /// - Throws: ``ServiceError`` when one is out of reach; it is told as soon as it answers.
    @discardableResult
    func finishCollection(_ id: MachineID, patiently: Bool = true) async throws -> Machine {
        guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        guard record.machine.state == .collecting else { return record.machine.advertised }
        let plants = Set(record.extra.told + [record.extra.plant].compactMap(\.self))
        let failures = await withTaskGroup { group in
            for plant in plants { group.addTask { await giveBack(id, at: plant, patiently) } }
            return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        if let failure = failures.min(by: { $0.message < $1.message }) { throw failure }
        let collected = try await parts.machines.update(id) { record in
            // The request may hold secrets, and nobody needs it any more; its digest stays.
            record.document = []
            record.machine.address = nil
            record.machine.state = .collected
        }
        return collected.machine.advertised
    }

    /// Tells one plant; what it does not answer it owes.
    private func giveBack(_ id: MachineID, at plant: String, _ patiently: Bool) async -> ServiceError? {
        let client = parts.plants.client(plant, deadline: Self.collectionTimeout)
        do {
            switch await parts.plants.outcome(plant, evenIfSilent: patiently, { try await client.collect(id) }) {
            case .failure(let error) where error.code != .machineUnknown:
                try await parts.owed.add(id, at: plant)
                return ServiceError(
                    error.code,
                    "machine \(id) is not collected yet at \(await parts.plants.name(plant)): \(error.message)",
                    hint: "the shop goes on trying; `vmshop show \(id)` tells when it is done"
                )
            default:
                try await parts.owed.remove(id, at: plant)
                return nil
            }
        } catch {
            return ServiceError(.internalError, "machine \(id) is not collected yet: \(error)")
        }
    }

    /// The row of a machine to be collected. One that nobody knows gets a tombstone, so that a creation that is still on
    /// its way is refused when it arrives; plants that cannot be asked are told when they are back.
    private func recordToCollect(_ id: MachineID) async throws -> ShopRecord {
        if let record = try await parts.machines.record(id) { return record }
        let (found, silent) = try await MachineDirectory(shop: parts).find(id)
        if let found { return found }
        let tombstone = Machine(
            id: id,
            name: id.text,
            state: silent.isEmpty ? .collected : .collecting,
            domain: "-",
            requestDigest: "",
            created: .now
        )
        let extra = ShopExtra(told: silent, policy: parts.settings.costPolicy)
        return try await parts.machines.insert(ShopRecord(machine: tombstone, document: [], extra: extra)).record
    }

    /// Seconds a plant may take to destroy a machine.
    static let collectionTimeout = 60.0
}
