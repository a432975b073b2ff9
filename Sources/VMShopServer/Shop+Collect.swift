import MachineBook
import ShopAPI

extension Shop {
    func collect(_ id: MachineID) async throws -> Machine {
        let known = try await recordToCollect(id)
        guard known.machine.state != .collected else { return known.machine.advertised }
        // The debts are the collection's journal: whoever may hold something is owed one before anybody is told.
        try await parts.machines.write { transaction in
            let record = try transaction.update(id) { record in
                guard record.machine.state != .collected else { return }
                record.extra.isUnwanted = true
                record.machine.state = .collecting
            }
            guard record.machine.state == .collecting else { return }
            for plant in record.extra.holders { try transaction.owe(id, at: plant) }
        }
        FaultPoint.pass("collection-recorded")
        await tasks.stop(id, butKeep: .collecting)
        let failures = await withTaskGroup { group in
            for plant in (try? await parts.owed.plants(of: id)) ?? [] {
                group.addTask { await giveBack(id, at: plant) }
            }
            return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        if let failure = failures.min(by: { $0.message < $1.message }) { throw notYet(id, failure) }
        return try await conclude(id).advertised
    }

    /// Tells a plant to collect a machine, which it is owed, and forgets the debt when it is paid.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - plant: The plant.
    ///   - deadline: Seconds that it may take.
    ///   - isAwaited: Whether somebody waits for it. Else a plant that was silent lately is left alone, and one that takes long is not
    ///     taken for silent.
    /// - Returns: Why it is not paid yet.
    func giveBack(
        _ id: MachineID,
        at plant: String,
        within deadline: Double = collectionTimeout,
        isAwaited: Bool = true
    ) async -> ServiceError? {
        let client = parts.plants.client(plant, deadline: deadline)
        do {
            let call = { try await client.collect(id) }
            switch await parts.plants.outcome(plant, evenIfSilent: isAwaited, suspects: isAwaited, call) {
            case .failure(let error) where error.code != .machineUnknown:
                let message = "\(await parts.plants.name(plant)): \(error.message)"
                return ServiceError(error.code, message)
            default:
                FaultPoint.pass("collection-told")
                try await parts.owed.remove(id, at: plant)
                FaultPoint.pass("debt-paid")
                return nil
            }
        } catch {
            return ServiceError(.internalError, "the shop's book: \(error)")
        }
    }

    /// Records that a machine is collected, if it is: nobody is owed its collection any more.
    @discardableResult
    func conclude(_ id: MachineID) async throws -> Machine {
        let record = try await parts.machines.write { transaction in
            let isOwed = try transaction.isOwed(id)
            return try transaction.update(id) { record in
                guard record.machine.state == .collecting, !isOwed else { return }
                // The request may hold secrets, and nobody needs it any more; its digest stays.
                record.document = []
                record.machine.address = nil
                record.machine.state = .collected
            }
        }
        FaultPoint.pass("collected")
        return record.machine
    }

    private func notYet(_ id: MachineID, _ error: ServiceError) -> ServiceError {
        ServiceError(
            error.code,
            "machine \(id) is not collected yet at \(error.message)",
            hint: "the shop goes on trying; `vmshop show \(id)` tells when it is done"
        )
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
        let extra = ShopExtra(told: silent, isUnwanted: true, policy: parts.settings.policy)
        let row = ShopRecord(machine: tombstone, document: [], extra: extra)
        return try await parts.machines.write { transaction in
            let (record, isNew) = try transaction.insert(row)
            if isNew { for plant in silent { try transaction.owe(id, at: plant) } }
            return record
        }
    }

    /// Seconds a plant may take to destroy a machine while a client waits.
    static let collectionTimeout = 60.0
    /// Seconds it may take when nobody waits: what it has begun it goes on with, and it is asked again.
    static let upkeepTimeout = 5.0
}
