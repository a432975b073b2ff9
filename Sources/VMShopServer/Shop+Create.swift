import CostModel
import DAGModel
import Logging
import MachineBook
import ShopAPI

extension Shop {
    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        guard parts.plants.fence.reason == nil else { throw Fence.silence }
        let request = try await parser.read(document)
        let digest = request.digest
        let path = CallPath.current.shops
        // An id that can be nowhere but in the book is looked for there when it is recorded.
        let isOfHere = path.isEmpty ? await !mayBeElsewhere(id) : false
        if !isOfHere, let known = try await known(id), path.isEmpty || !known.isOnlyHeardOf {
            return try known.machine.answer(toRequest: digest)
        }
        let machine = request.machine(id, digest)
        let extra = ShopExtra(path: path.isEmpty ? nil : path, policy: try chosen(options.policy))
        FaultPoint.pass("create-begun")
        let new = ShopRecord(machine: machine, document: document, extra: extra)
        let (begun, isNew) = try await answered(id, isOfHere) {
            try await admitted(machine.domain) { try await record(new, isOfHere ? knownRound(for: new, request) : nil) }
        }
        FaultPoint.pass("create-recorded")
        guard isNew else { return try begun.record.machine.answer(toRequest: digest) }
        await place(id, machine.domain, begun, request)
        return begun.record.machine
    }

    /// A machine that was recorded, and the round by which its plant was chosen, if that was recorded with it.
    struct Begun: Sendable {
        var record: ShopRecord
        var round: Round?
    }

    /// Where the plant can be chosen without asking anybody, that is done at once: then the machine and the choice are recorded together.
    private func knownRound(for new: ShopRecord, _ request: Request) async -> Round? {
        guard await !parts.kept.holds(new.id) else { return nil }
        let bidding = Bidding(
            shop: parts,
            request: request,
            document: new.document,
            digest: new.machine.requestDigest,
            policy: new.extra.policy
        )
        return await bidding.knownRound(for: new.id)
    }

    /// Records a machine. Who asks again for one that is known already has it, also where no other could be recorded now.
    private func answered(
        _ id: MachineID,
        _ mayBeKnown: Bool,
        _ recorded: () async throws -> (record: Begun, isNew: Bool)
    ) async throws -> (record: Begun, isNew: Bool) {
        do {
            return try await recorded()
        } catch let error as ServiceError where mayBeKnown {
            guard let known = try await parts.machines.record(id) else { throw error }
            return (Begun(record: known), false)
        }
    }

    /// Records a new machine, and the round by which its plant is chosen, where there is one. Where neither comes to be, none is counted there.
    private func record(_ new: ShopRecord, _ round: Round?) async throws -> (record: Begun, isNew: Bool) {
        let first = round?.offers.first
        do {
            let result = try await parts.machines.write(isPatient: false) { transaction in
                try transaction.begin(new, round)
            }
            if !result.isNew, let first { await parts.board.credit(new.id, at: first.url) }
            return result
        } catch {
            if let first { await parts.board.credit(new.id, at: first.url) }
            throw error
        }
    }

    /// Records a machine, or a gang of so many, if its placement is taken on; what is there already needs none.
    func admitted<Record>(
        _ domain: String,
        _ count: Int = 1,
        _ insert: () async throws -> (record: Record, isNew: Bool)
    ) async throws -> (record: Record, isNew: Bool) {
        try await parts.gate.enter(domain, count)
        do {
            let (record, isNew) = try await insert()
            if !isNew { await parts.gate.leave(domain, count) }
            return (record, isNew)
        } catch {
            await parts.gate.leave(domain, count)
            throw error
        }
    }

    /// How far the clock of a client may be from the shop's before its ids are mistaken for those of a lost book.
    private static let clockAllowance: Int64 = 600_000

    /// The row of an id that is used again. One that the book does not have is looked for at the plants as well, unless
    /// the id is so new that it cannot have been used before: another shop may have placed it, or this one before it lost
    /// its book.
    ///
    /// - Throws: ``ServiceError`` `service.unavailable` when the id may be from before the book and a plant that may have
    ///   the machine is silent: it must not be made twice.
    func known(_ id: MachineID) async throws -> ShopRecord? {
        if let record = try await parts.machines.record(id) { return record }
        guard await mayBeElsewhere(id) else { return nil }
        let (found, silent) = try await MachineDirectory(shop: parts).find(id)
        let mayBeForgotten = id.time.milliseconds < parts.bookBegun.milliseconds + Self.clockAllowance
        guard found != nil || silent.isEmpty || !mayBeForgotten else { throw await unsure(id, silent) }
        return found
    }

    /// Nobody asks another shop for the same machine sooner than that.
    private static let leastAge: Int64 = 2_000
    /// Plants tell of machines by the time at which they were given them; an id has its age from the clock of the client.
    private static let leastWindow = BidFunction.newestWindow - .milliseconds(clockAllowance) - .seconds(5)

    /// Whether a plant may have a machine that the book does not know. Of a young one plants tell by themselves where the shop
    /// listens to them; to ask them all about each request of a crowd that waits would keep it waiting for ever.
    private func mayBeElsewhere(_ id: MachineID) async -> Bool {
        let age = Timestamp.now.milliseconds - id.time.milliseconds
        guard abs(age) > Self.leastAge else { return false }
        let urls = parts.plants.list.known
        guard age > 0, Duration.milliseconds(age) < Self.leastWindow, parts.settings.listens(to: urls.count) else {
            return true
        }
        return await parts.board.mayHold(id, among: urls)
    }

    /// Goes on with the placement of a machine that was taken on before.
    func placeAgain(_ id: MachineID, _ domain: String) async {
        await parts.gate.count(domain)
        await place(id, domain)
    }

    /// Starts the placement of a recorded machine that was taken on. It goes on when the caller has gone.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - domain: Whose it is.
    ///   - begun: What was recorded just now, where it was.
    ///   - request: Its request, where it is read already.
    func place(_ id: MachineID, _ domain: String, _ begun: Begun? = nil, _ request: Request? = nil) async {
        let isBegun = await tasks.begin(.creating, on: id) {
            await carryOut(
                Placement(shop: parts, id: id, request: request, recorded: begun?.record, noted: begun?.round)
            )
            await parts.gate.leave(domain)
        }
        guard !isBegun else { return }
        if let first = begun?.round?.offers.first { await parts.board.credit(id, at: first.url) }
        await parts.gate.leave(domain)
    }

    private func carryOut(_ placement: Placement) async {
        let id = placement.id
        do {
            try await placement.run()
            FaultPoint.pass("ready-recorded")
        } catch is CancellationError {
            // A collection cancelled it, and goes on from here.
        } catch  where parts.plants.fence.reason != nil {
            // Another process of the shop goes on with it.
            pause(id, error)
        } catch let failure as PlantFailure {
            await fail(id, failure)
        } catch {
            pause(id, error)
        }
    }

    /// Records that a machine failed, and in the same transaction what its last plant is owed.
    private func fail(_ id: MachineID, _ failure: PlantFailure) async {
        parts.logger.info("creation failed", metadata: ["machine": "\(id)", "reason": "\(failure.error)"])
        do {
            try await parts.machines.write { transaction in
                let record = try transaction.update(id) { record in
                    guard record.machine.state.isBeingPlaced else { return }
                    record.machine.error = failure.error
                    record.machine.state = .failed
                }
                if record.extra.plant != nil { try transaction.settle(id, failure: failure.error.message) }
                if failure.mayHold, let plant = record.extra.plant { try transaction.owe(id, at: plant) }
            }
            FaultPoint.pass("failure-recorded")
        } catch {
            pause(id, error)
        }
    }

    /// What the shop's own book refuses says nothing about the machine: the record stays as it is, and the upkeep goes on
    /// from there.
    private func pause(_ id: MachineID, _ error: any Error) {
        parts.logger.warning("placement paused", metadata: ["machine": "\(id)", "error": "\(error)"])
    }
}
