import CostModel
import Logging
import MachineBook
import ShopAPI

/// Brings a machine to a plant: asks, chooses the cheapest, tells it, follows it; passes over a plant that refuses, fails
/// or is not heard of, and uses the next bid.
struct Placement: Sendable {
    let shop: ShopParts
    let id: MachineID

    /// Places the machine, from wherever its record says it is.
    ///
    /// - Throws: ``ServiceError`` `placement.no-bids` when no plant could make it; ``FinalFailure`` when the request
    ///   itself failed.
    func run() async throws {
        guard let record = try await shop.machines.record(id) else { throw ServiceError.unknown(id) }
        var refusals: [Refusal] = []
        // After a restart of the shop: the plant that was chosen may have the machine, so no other is asked first.
        if let plant = record.extra.plant {
            if try await made(by: plant, bid: nil, record, &refusals) { return }
        }
        let round = await shop.plants.ask(record.document, policy: record.extra.policy)
        try await note(round, record)
        refusals += round.refusals
        for offer in round.offers where !record.extra.told.contains(offer.url) {
            try Task.checkCancellation()
            try await choose(offer)
            if try await made(by: offer.url, bid: offer.bid.id, record, &refusals) { return }
        }
        throw noPlant(refusals)
    }

    /// Whether a plant made the machine; if not, it is passed over and its reason kept.
    private func made(
        by plant: String,
        bid: String?,
        _ record: ShopRecord,
        _ refusals: inout [Refusal]
    ) async throws -> Bool {
        do {
            try await settle(plant, bid: bid, record)
            return true
        } catch let error as ServiceError where error.code.anotherPlantMayHelp {
            refusals.append(Refusal(plant: plant, reasons: [error.message]))
            try await passOver(plant, error)
            return false
        }
    }

    private func note(_ round: Round, _ record: ShopRecord) async throws {
        let bids = round.offers.map { offer in
            MachineEvent(kind: .bid, message: "\(offer.bid.plant) bids \(offer.bid.cost.total.formatted)")
        }
        let refusals = round.refusals.map { refusal in
            MachineEvent(kind: .refusal, message: "\(refusal.plant) does not bid: " + refusal.reasons.joined(separator: "; "))
        }
        try await shop.machines.update(id, events: bids + refusals) { record in
            record.extra.estimate = round.estimate(record.machine.requestDigest)
        }
    }

    /// Records the choice before the plant is told.
    private func choose(_ offer: Round.Offer) async throws {
        let event = MachineEvent(kind: .chosen, message: "\(offer.bid.plant) is asked to make it, for \(offer.bid.cost.total.formatted)")
        try await shop.machines.update(id, events: [event]) { record in
            record.extra.plant = offer.url
            record.extra.told.append(offer.url)
            record.extra.lastEvent = 0
            record.machine.plant = offer.bid.plant
        }
    }

    private func passOver(_ plant: String, _ error: ServiceError) async throws {
        let event = MachineEvent(kind: .passedOver, message: "\(plant) is passed over: \(error.message)")
        try await shop.machines.update(id, events: [event]) { record in
            record.extra.plant = nil
            record.machine.plant = nil
        }
    }

    private func noPlant(_ refusals: [Refusal]) -> ServiceError {
        let why = refusals.isEmpty
            ? "the shop's list has no plants"
            : refusals.map { "\($0.plant): " + $0.reasons.joined(separator: "; ") }.joined(separator: " | ")
        return ServiceError(
            .noBids,
            "no plant can make the machine: \(why)",
            hint: "`vmshop estimate FILE` shows what each plant says, `vmshop plant list` how each stands",
            refusals: refusals
        )
    }
}

extension Placement {
    /// Tells a plant to make the machine and follows it until it is ready.
    ///
    /// - Throws: ``ServiceError`` when the next bid should be used, ``FinalFailure`` when none can help.
    private func settle(_ plant: String, bid: String?, _ record: ShopRecord) async throws {
        do {
            _ = try await tell(plant, bid, record)
        } catch let error as ServiceError where error.code == .timedOut {
            // Whether it has the machine is not known. Its bid is over, so it will not begin one now; if it has begun,
            // it is told to collect it as soon as it answers.
            try await shop.owed.add(id, at: plant)
            throw error
        } catch let error as ServiceError where !error.code.anotherPlantMayHelp {
            throw FinalFailure(error: error)
        }
        let machine = try await MachineFollower(shop: shop, id: id, plant: plant).follow()
        guard machine.state != .ready else { return }
        let error = machine.error ?? ServiceError(.machineLost, "\(plant) says that the machine is \(machine.state.rawValue)")
        if machine.state == .failed, error.code.anotherPlantMayHelp { throw error }
        throw FinalFailure(error: error)
    }

    /// Repeats the call to the same plant until it answers or, the bid being over by then, it cannot begin any more.
    private func tell(_ plant: String, _ bid: String?, _ record: ShopRecord) async throws -> Machine {
        let client = shop.plants.client(plant, deadline: shop.plants.settings.acceptTimeout)
        let options = CreateOptions(bid: bid, policy: record.extra.policy)
        var failure = ServiceError(.timedOut, "\(plant) did not answer")
        for _ in 0..<3 {
            switch await shop.plants.outcome(plant, evenIfSilent: true, { try await client.create(id, record.document, options: options) }) {
            case .success(let machine): return machine
            case .failure(let error) where error.code == .timedOut: failure = error
            case .failure(let error): throw error
            }
            try Task.checkCancellation()
        }
        throw failure
    }
}

/// A failure that another plant cannot mend: the request's own.
struct FinalFailure: Error {
    var error: ServiceError
}

extension Double {
    /// The number without a fraction where it has none, else with one decimal.
    var formatted: String {
        let rounded = (self * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
