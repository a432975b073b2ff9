import MachineBook
import ShopAPI

extension Shop {
    func collect(_ id: MachineID) async throws -> Machine {
        let known = try await record(id)
        guard known.machine.state != .collected else { return known.machine.advertised }
        if known.machine.state != .collecting {
            try await parts.machines.update(id) { record in
                if record.machine.state != .collected { record.machine.state = .collecting }
            }
        }
        await tasks.stop(id, butKeep: .collecting)
        return try await finishCollection(id)
    }

    /// Tells every plant that was ever told of the machine to collect it.
    ///
    /// - Throws: ``ServiceError`` when one is out of reach; it is told as soon as it answers.
    @discardableResult
    func finishCollection(_ id: MachineID) async throws -> Machine {
        guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        guard record.machine.state == .collecting else { return record.machine.advertised }
        for plant in Set(record.extra.told + [record.extra.plant].compactMap(\.self)).sorted() {
            let client = parts.plants.client(plant, deadline: 60)
            if case .failure(let error) = await parts.plants.outcome(plant, evenIfSilent: true, { try await client.collect(id) }) {
                try await parts.owed.add(id, at: plant)
                throw ServiceError(
                    error.code,
                    "machine \(id) is not collected yet: \(error.message)",
                    hint: "the shop goes on trying; `vmshop show \(id)` tells when it is done"
                )
            }
            try await parts.owed.remove(id, at: plant)
        }
        let collected = try await parts.machines.update(id) { record in
            record.machine.address = nil
            record.machine.state = .collected
        }
        return collected.machine.advertised
    }
}
