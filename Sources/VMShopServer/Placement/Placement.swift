import CostModel
import DAGModel
import Logging
import MachineBook
import ShopAPI

/// Brings a machine to a plant: asks, chooses the cheapest, tells it, follows it; passes over a plant that refuses, fails
/// or is not heard of, and uses the next bid.
struct Placement: Sendable {
    let shop: ShopParts
    let id: MachineID
    /// The request, where it is read already.
    var request: Request?
    /// Its row, where it was recorded just now. A collection that came since knows of the plant that was recorded with it, and has it told
    /// too; whether the machine is wanted still is looked at when another plant is chosen.
    var recorded: ShopRecord?
    /// The first round, where it was recorded with it.
    var noted: Round?

    /// Bids that were asked for longer ago are not counted on: a plant stands by its bid for `timeouts.bid`, 15 s unless
    /// it is set otherwise. One that has expired all the same says so, which only costs a further round.
    private static let freshness = Duration.seconds(5)

    /// Places the machine, from wherever its record says it is.
    ///
    /// - Throws: ``PlantFailure``, `placement.no-bids` or how the last plant failed when no plant could make it, else the
    ///   request's own; `CancellationError` when the machine is not wanted any more; what the shop's book throws.
    func run() async throws {
        guard let record = if let recorded { recorded } else { try await shop.machines.record(id) } else {
            throw ServiceError.unknown(id)
        }
        guard record.machine.state.isBeingPlaced else { throw CancellationError() }
        try await CallPath.$current.withValue(CallPath(record.extra.path ?? [])) { try await place(record) }
    }

    private func place(_ record: ShopRecord) async throws {
        var attempts = Attempts(passedOver: noted == nil ? record.extra.told : [])
        if let noted, try await tried(noted, ServiceTime.now, record, &attempts, isNoted: true) { return }
        // After a restart of the shop: the plant that was chosen may have the machine, so no other is asked first.
        if noted == nil, let plant = record.extra.plant {
            let commission = Commission(shop: shop, id: id, plant: plant, bid: nil, isRepeat: true)
            let name = if let name = record.machine.plant { name } else { await shop.plants.name(plant) }
            if try await made(commission, name, record, &attempts) { return }
        }
        if try await madeAtKeptPlace(record, &attempts) { return }
        let bidding = try await bidding(record)
        while true {
            let round = await bidding.round(for: id, without: attempts.passedOver)
            // Before that it may have waited for its turn to ask.
            let asked = ServiceTime.now
            if try await tried(round, asked, record, &attempts) { return }
        }
    }

    /// Whether a plant of a round made the machine; if not, there may be another round.
    private func tried(
        _ round: Round,
        _ asked: ContinuousClock.Instant,
        _ record: ShopRecord,
        _ attempts: inout Attempts,
        isNoted: Bool = false
    ) async throws -> Bool {
        do {
            return try await made(in: round, asked, record, &attempts, isNoted)
        } catch {
            // It counts at the cheapest plant since the round.
            if let first = round.offers.first { await shop.board.credit(id, at: first.url) }
            throw error
        }
    }

    private func made(
        in round: Round,
        _ asked: ContinuousClock.Instant,
        _ record: ShopRecord,
        _ attempts: inout Attempts,
        _ isNoted: Bool
    ) async throws -> Bool {
        // Who is told to stop while plants are asked has no answers, which says nothing of the plants.
        try Task.checkCancellation()
        let offers = attempts.take(round)
        if !isNoted { try await note(round, choosing: offers.first) }
        guard !offers.isEmpty else { throw PlantFailure(error: noPlant(attempts), mayHold: false) }
        return try await made(byOneOf: offers, asked, record, &attempts)
    }

    private func bidding(_ record: ShopRecord) async throws -> Bidding {
        let request = if let request { request } else { try await RequestParser().read(record.document) }
        return Bidding(
            shop: shop,
            request: request,
            document: record.document,
            digest: record.machine.requestDigest,
            policy: record.extra.policy
        )
    }

    /// Whether the plant that keeps a place for the machine made it. If none does, or it fails, all are asked.
    private func madeAtKeptPlace(_ record: ShopRecord, _ attempts: inout Attempts) async throws -> Bool {
        guard let place = await shop.kept.take(id), place.digest == record.machine.requestDigest else { return false }
        try Task.checkCancellation()
        let round = Round(kept: place)
        try await note(round, choosing: round.offers.first)
        return try await made(byOneOf: round.offers, ServiceTime.now, record, &attempts)
    }

    /// Whether a plant of a round made the machine; if not, all were passed over or the bids that are left are too old.
    private func made(
        byOneOf offers: [Round.Offer],
        _ asked: ContinuousClock.Instant,
        _ record: ShopRecord,
        _ attempts: inout Attempts
    ) async throws -> Bool {
        for (index, offer) in offers.enumerated() {
            try Task.checkCancellation()
            guard index == 0 || !attempts.passedOver.contains(offer.url) else { continue }
            // The first was chosen when the round was noted.
            if index > 0 { try await choose(offer) }
            if let evaluated = offer.evaluated {
                await shop.board.debit(evaluated, for: id, domain: record.machine.domain)
            }
            let bid = offer.bid.id.isEmpty ? nil : offer.bid.id
            let commission = Commission(shop: shop, id: id, plant: offer.url, bid: bid, isRepeat: false)
            if try await made(commission, offer.bid.plant, record, &attempts) { return true }
            guard ServiceTime.now - asked < Self.freshness else { break }
        }
        return false
    }

    /// Whether a plant made the machine; if not, it is passed over and its reason kept.
    private func made(
        _ commission: Commission,
        _ name: String,
        _ record: ShopRecord,
        _ attempts: inout Attempts
    ) async throws -> Bool {
        do {
            try await settled(commission, record)
            return true
        } catch let failure as PlantFailure where failure.error.code.anotherPlantMayHelp {
            attempts.take(failure, of: name, at: commission.plant)
            try await passOver(name, commission.plant, failure)
            return false
        }
    }

    /// Has a plant make the machine. One that does not is not counted as if it did.
    private func settled(_ commission: Commission, _ record: ShopRecord) async throws {
        do {
            try await commission.settle(record)
        } catch {
            await shop.board.credit(id, at: commission.plant)
            throw error
        }
    }

    /// Records a round, and in the same transaction the choice of its best offer.
    private func note(_ round: Round, choosing offer: Round.Offer?) async throws {
        try await shop.machines.write { [id] transaction in try transaction.note(round, choosing: offer, of: id) }
        FaultPoint.pass("bids-noted")
        if offer != nil { Self.passChosen() }
    }

    /// Records the choice before the plant is told.
    private func choose(_ offer: Round.Offer) async throws {
        try await shop.machines.write { [id] transaction in try transaction.choose(offer, of: id) }
        Self.passChosen()
    }

    private static func passChosen() { FaultPoint.pass("chosen") }

    /// Records that a plant is passed over, and in the same transaction what it is owed.
    private func passOver(_ name: String, _ url: String, _ failure: PlantFailure) async throws {
        let event = MachineEvent(kind: .passedOver, message: "\(name) is passed over: \(failure.error.message)")
        try await shop.machines.write { [id] transaction in
            if failure.mayHold { try transaction.owe(id, at: url) }
            try transaction.settle(id, failure: failure.error.message)
            try transaction.update(id, events: [event]) { record in
                record.extra.plant = nil
                record.machine.plant = nil
                record.machine.address = nil
                record.machine.error = nil
            }
        }
        FaultPoint.pass("passed-over")
    }

    /// The error of a request that no plant could serve.
    private func noPlant(_ attempts: Attempts) -> ServiceError {
        var error = shop.plants.noBids(attempts.refusals)
        if let failure = attempts.failure {
            error.code = failure.code
            error.hint = failure.hint ?? error.hint
        }
        return error
    }
}

extension MachineState {
    /// Whether a shop is still bringing the machine about.
    var isBeingPlaced: Bool { self == .placing || self == .creating }
}

extension Double {
    /// The number without a fraction where it has none, else with one decimal.
    var formatted: String {
        let rounded = (self * 10).rounded() / 10
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }
}
