import Logging
import MachineBook
import ShopAPI

extension Plant {
    func collect(_ id: MachineID) async throws -> Machine {
        guard let known = try await parts.machines.record(id) else { return try await bury(id) }
        guard known.machine.state != .collected else { return known.machine.advertised }
        // The tombstone comes first: from here on no creation of this id is accepted, and none under way can finish.
        if known.machine.state != .collecting {
            let caller = CallerCheck()
            try await parts.machines.write { transaction in
                try caller.check(in: transaction.database)
                try transaction.update(id) { record in
                    if record.machine.state != .collecting, record.machine.state != .collected {
                        record.machine.state = .collecting
                    }
                }
            }
        }
        FaultPoint.pass("collect-recorded")
        await finishCollection(id)
        await tasks.join(id)
        return try await collected(id)
    }

    /// Begins to destroy a machine whose tombstone is set; what else is being done to it ends first. What cannot be given
    /// back now is tried again by the reconciler.
    func finishCollection(_ id: MachineID) async {
        await tasks.supersede(with: .collecting, on: id) {
            do {
                guard try await parts.machines.record(id)?.machine.state == .collecting else { return }
                try await parts.releaseAll(of: id)
                FaultPoint.pass("collect-released")
                try await parts.machines.update(id) { record in
                    guard record.machine.state == .collecting else { return }
                    // The request may hold secrets, and nobody needs it any more; its digest stays.
                    record.document = []
                    record.extra.further = nil
                    record.extra.furtherAttempt = nil
                    record.extra.steps = nil
                    record.extra.publication = nil
                    record.machine.address = nil
                    record.machine.state = .collected
                }
            } catch {
                await readiness.needAnotherPass()
                parts.logger.warning("collection not finished", metadata: ["machine": "\(id)", "error": "\(error)"])
            }
        }
    }

    private func collected(_ id: MachineID) async throws -> Machine {
        guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        guard record.machine.state == .collected else {
            let left = try await parts.journal.entriesToUndo(of: id).map(\.resource.name).joined(separator: ", ")
            throw ServiceError(
                .hostFailed,
                "plant \(settings.name) could not give back all of machine \(id); left: \(left)",
                hint: "it goes on trying; the plant's log says why"
            )
        }
        return record.machine.advertised
    }

    /// The tombstone of a machine that never was here: a creation that is still on its way is refused when it arrives.
    private func bury(_ id: MachineID) async throws -> Machine {
        let machine = Machine(
            id: id,
            name: id.text,
            state: .collected,
            plant: settings.name,
            domain: "-",
            requestDigest: "",
            created: .now
        )
        let record = PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 0))
        let caller = CallerCheck()
        let (stored, isNew) = try await parts.machines.insert(record, check: { try caller.check(in: $0) })
        try await parts.claims.giveBack(id)
        return isNew ? stored.machine : try await collect(id)
    }
}
