import DAGModel
import Logging
import MachineBook
import ShopAPI

extension Shop {
    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        let request = try await parser.read(document)
        let digest = request.digest
        if let known = try await known(id) { return try known.answer(toRequest: digest) }
        let now = Timestamp.now
        let machine = Machine(
            id: id,
            name: request.name ?? id.text,
            state: .placing,
            domain: request.client.domain,
            owner: request.client.user,
            requestDigest: digest,
            created: now,
            leaseUntil: request.lease.map { now.advanced(by: $0) },
            actions: request.graph.order().map { ActionReport($0) }
        )
        let extra = ShopExtra(policy: options.policy ?? parts.settings.costPolicy)
        let (stored, isNew) = try await parts.machines.insert(
            ShopRecord(machine: machine, document: document, extra: extra)
        )
        guard isNew else { return try stored.answer(toRequest: digest) }
        await place(id)
        return stored.machine
    }

    /// The row of an id that is used again. One that the book does not have is looked for at the plants as well, unless
    /// the id is so new that it cannot have been used before: another shop may have placed it, or this one before it lost
    /// its book.
    private func known(_ id: MachineID) async throws -> ShopRecord? {
        if let record = try await parts.machines.record(id) { return record }
        guard abs(Timestamp.now.milliseconds - id.time.milliseconds) > 2_000 else { return nil }
        return try await MachineDirectory(shop: parts).find(id).record
    }

    /// Starts the placement of a recorded machine, or goes on with it. It goes on when the caller has gone.
    func place(_ id: MachineID) async {
        await tasks.begin(.creating, on: id) {
            do {
                try await Placement(shop: parts, id: id).run()
                try await parts.machines.update(id) { $0.machine.state = .ready }
            } catch is CancellationError {
                // A collection cancelled it, and goes on from here.
            } catch let failure as FinalFailure {
                await fail(id, failure.error)
            } catch {
                await fail(
                    id,
                    (error as? ServiceError) ?? ServiceError(.internalError, "shop \(parts.settings.name): \(error)")
                )
            }
        }
    }

    private func fail(_ id: MachineID, _ error: ServiceError) async {
        parts.logger.info("creation failed", metadata: ["machine": "\(id)", "reason": "\(error)"])
        do {
            try await parts.machines.update(id) { record in
                record.machine.error = error
                record.machine.state = .failed
            }
        } catch {
            parts.logger.error("failure not recorded", metadata: ["machine": "\(id)", "error": "\(error)"])
        }
    }
}
