import DAGModel
import Logging
import MachineBook
import ShopAPI
import Warehouse

extension Plant {
    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        let request = try await parser.read(document)
        let digest = request.digest
        if let known = try await parts.machines.record(id) {
            return try known.machine.answer(toRequest: digest).advertised
        }
        try await requireReady()
        var hold: BidHold?
        if let bid = options.bid { hold = try await self.hold(bid, for: digest, by: id) }
        let plan = try await accept(request, for: id)
        var record = newRecord(id, document, request, digest, plan)
        record.machine.timing = MachineTiming(try await planner.work(of: plan))
        FaultPoint.pass("create-begun")
        let (stored, isNew) = try await insert(record, plan, request.lease, under: hold)
        FaultPoint.pass("create-recorded")
        guard isNew else { return try stored.machine.answer(toRequest: digest).advertised }
        await bids.note(id)
        await begin(MachineOrder(id: id, name: record.machine.name, domain: record.machine.domain, plan: plan))
        return stored.machine.advertised
    }

    /// Records a new machine with what it claims, if there is room for it then, and if the bid that it is made under still
    /// holds: once it is over, the shop may have the machine made elsewhere.
    func insert(
        _ record: PlantRecord,
        _ plan: Plan,
        _ lease: Lease? = nil,
        under hold: BidHold?
    ) async throws -> (record: PlantRecord, isNew: Bool) {
        let (id, domain, claims, leases) = (record.id, record.machine.domain, parts.claims, parts.leases)
        let caller = CallerCheck()
        return try await parts.machines.insert(record) { database in
            try caller.check(in: database)
            if let hold, hold.end <= .now { throw BidBook.over(hold.bid) }
            let room = try claims.room(forDomain: domain, machine: id, in: database)
            let lacks = room.lacks(for: plan.claim, of: plan.capacity, domain: domain)
            guard lacks.isEmpty else { throw refused(lacks) }
        } addition: { database in
            let image = plan.image.manifest.name
            try claims.claim(plan.claim, for: id, domain: domain, image: image, in: database)
            if let lease { try leases.set(LeaseTerm(of: id, lease, leases.clock), in: database) }
        }
    }

    /// Takes a bid up, also one of before a restart for which a place is kept.
    private func hold(_ bid: String, for digest: String, by id: MachineID) async throws -> BidHold {
        do { return BidHold(bid: bid, end: try await bids.take(bid, for: digest, by: id)) } catch {
            guard let place = try await parts.claims.reservation(of: id), (place.bid, place.digest) == (bid, digest)
            else { throw error }
            return BidHold(bid: bid, end: .now + .milliseconds(place.expires - parts.claims.clock.now()))
        }
    }

    /// - Throws: ``ServiceError`` `placement.refused` with every reason.
    func accept(_ request: Request, for id: MachineID) async throws -> Plan {
        switch try await answer(request, for: id) {
        case .plan(let plan): return plan
        case .refused(let reasons): throw refused(reasons)
        }
    }

    /// Why the plant does not take a machine.
    func refused(_ reasons: [String]) -> ServiceError {
        ServiceError(
            .refused,
            "plant \(settings.name) cannot take the machine: " + reasons.joined(separator: "; "),
            refusals: [Refusal(plant: settings.name, reasons: reasons)]
        )
    }

    private func newRecord(
        _ id: MachineID,
        _ document: [UInt8],
        _ request: Request,
        _ digest: String,
        _ plan: Plan
    ) -> PlantRecord {
        let now = Timestamp.now
        var machine = Machine(
            id: id,
            name: request.name ?? id.text,
            state: .creating,
            plant: settings.name,
            domain: request.client.domain,
            owner: request.client.user,
            image: plan.image.manifest.name,
            requestDigest: digest,
            created: now,
            leaseUntil: request.lease.map { now.advanced(by: $0.duration) },
            actions: plan.reports
        )
        machine.attributes = StandardAttributes.planned(machine, plan)
        return PlantRecord(machine: machine, document: document, extra: PlantExtra(attempt: 1))
    }

    /// Starts the creation of a recorded machine. It goes on when the caller has gone.
    func begin(_ order: MachineOrder) async {
        await tasks.begin(.creating, on: order.id) {
            await attempt(order.id) { record in
                do { try await Creation(plant: parts, order: order).run() } catch  where !Task.isCancelled {
                    // Between its plan and its clone an image may be removed; then there is another plan.
                    guard await isGone(order.plan.image), await isUndone(order.id) else { throw error }
                    let reason = "image \(order.plan.image.manifest.name) is gone"
                    try await Creation(plant: parts, order: orderAgain(record, since: reason)).run()
                }
            }
        }
    }

    private func isGone(_ image: WarehouseImage) async -> Bool {
        guard image.source == .published else { return false }
        return await planner.warehouse.current(image.manifest.reference) == nil
    }

    /// Runs a part of a creation, if the machine is still to be made; a failure undoes all of it.
    func attempt(_ id: MachineID, _ body: (PlantRecord) async throws -> Void) async {
        do {
            // A collection may have come between the record and this work.
            guard let record = try await parts.machines.record(id), record.machine.state == .creating else { return }
            try await body(record)
        } catch  where Task.isCancelled {
            // Whoever cancelled it undoes it: a collection, or the next start of the plant.
        } catch {
            await fail(id, error)
        }
    }

    /// Undoes a creation that failed, and says why it did.
    func fail(_ id: MachineID, _ error: any Error) async {
        let reason = (error as? ServiceError) ?? ServiceError(.hostFailed, "plant \(settings.name): \(error)")
        parts.logger.info("creation failed", metadata: ["machine": "\(id)", "reason": "\(reason)"])
        do {
            try await parts.releaseAll(of: id)
        } catch {
            // Still in the journal: the reconciler tries again until it succeeds.
            await readiness.needAnotherPass()
            parts.logger.warning("creation not undone yet", metadata: ["machine": "\(id)", "error": "\(error)"])
        }
        FaultPoint.pass("undone")
        do {
            try await parts.machines.update(id) { record in
                // A collection that came meanwhile goes on by itself.
                guard record.machine.state == .creating else { return }
                record.document = []
                record.machine.error = reason
                record.machine.address = nil
                record.machine.state = .failed
            }
        } catch {
            parts.logger.error("failure not recorded", metadata: ["machine": "\(id)", "error": "\(error)"])
        }
    }
}
