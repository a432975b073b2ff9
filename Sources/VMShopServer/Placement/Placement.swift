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
    ///   itself failed; `CancellationError` when the machine is not wanted any more.
    func run() async throws {
        guard let record = try await shop.machines.record(id) else { throw ServiceError.unknown(id) }
        guard record.machine.state.isBeingPlaced else { throw CancellationError() }
        var refusals: [Refusal] = []
        var failure: ServiceError?
        // After a restart of the shop: the plant that was chosen may have the machine, so no other is asked first.
        if let plant = record.extra.plant {
            let commission = Commission(shop: shop, id: id, plant: plant, bid: nil)
            if try await made(commission, await shop.plants.name(plant), record, &refusals, &failure) { return }
        }
        let round = await shop.plants.ask(record.document, policy: record.extra.policy)
        try await note(round)
        refusals += round.refusals
        for offer in round.offers {
            try Task.checkCancellation()
            guard !record.extra.told.contains(offer.url) else {
                let isKnown = refusals.contains { $0.plant == offer.bid.plant }
                if !isKnown {
                    refusals.append(Refusal(plant: offer.bid.plant, reasons: ["it was told before and passed over"]))
                }
                continue
            }
            try await choose(offer)
            let commission = Commission(shop: shop, id: id, plant: offer.url, bid: offer.bid.id)
            if try await made(commission, offer.bid.plant, record, &refusals, &failure) { return }
        }
        throw noPlant(refusals, failure)
    }

    /// Whether a plant made the machine; if not, it is passed over and its reason kept.
    private func made(
        _ commission: Commission,
        _ name: String,
        _ record: ShopRecord,
        _ refusals: inout [Refusal],
        _ failure: inout ServiceError?
    ) async throws -> Bool {
        do {
            try await commission.settle(record)
            return true
        } catch let error as ServiceError where error.code.anotherPlantMayHelp {
            refusals.append(Refusal(plant: name, reasons: [error.message]))
            if error.code.saysWhatFailed { failure = error }
            try await passOver(name, error)
            return false
        }
    }

    private func note(_ round: Round) async throws {
        let bids = round.offers.map { offer in
            MachineEvent(kind: .bid, message: "\(offer.bid.plant) bids \(offer.bid.cost.total.formatted)")
        }
        let refusals = round.refusals.map { refusal in
            MachineEvent(
                kind: .refusal,
                message: "\(refusal.plant) does not bid: " + refusal.reasons.joined(separator: "; ")
            )
        }
        try await shop.machines.update(id, events: bids + refusals) { record in
            record.extra.estimate = round.estimate(record.machine.requestDigest)
        }
    }

    /// Records the choice before the plant is told.
    private func choose(_ offer: Round.Offer) async throws {
        let event = MachineEvent(
            kind: .chosen,
            message: "\(offer.bid.plant) is asked to make it, for \(offer.bid.cost.total.formatted)"
        )
        try await shop.machines.update(id, events: [event]) { record in
            // A collection that came in between tells the plants it finds in this record, so none is added to it now.
            guard record.machine.state.isBeingPlaced else { throw CancellationError() }
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
            record.machine.address = nil
            record.machine.error = nil
        }
    }

    /// The error of a request that no plant could serve.
    ///
    /// - Parameters:
    ///   - refusals: What each plant said.
    ///   - failure: How the last plant that tried failed, if one did: it says more than that there is no bid left.
    /// - Returns: The error that says so.
    private func noPlant(_ refusals: [Refusal], _ failure: ServiceError?) -> ServiceError {
        let why =
            shop.plants.urls.isEmpty
            ? "the shop's list has no plants; plants.file and plants.addresses of its configuration name them"
            : refusals.map { "\($0.plant): " + $0.reasons.joined(separator: "; ") }.joined(separator: " | ")
        return ServiceError(
            failure?.code ?? .noBids,
            "no plant can make the machine: \(why)",
            hint: failure?.hint
                ?? "`vmshop estimate FILE` shows what each plant says, `vmshop plant list` how each stands",
            refusals: refusals
        )
    }
}

extension MachineState {
    /// Whether a shop is still bringing the machine about.
    fileprivate var isBeingPlaced: Bool { self == .placing || self == .creating }
}

extension ErrorCode {
    /// Whether a plant tried, and this is what went wrong.
    fileprivate var saysWhatFailed: Bool { [.guestSilent, .hostFailed, .machineLost].contains(self) }
}

/// A failure that another plant cannot mend: the request's own.
struct FinalFailure: Error {
    var error: ServiceError
}

extension Double {
    /// The number without a fraction where it has none, else with one decimal.
    var formatted: String {
        let rounded = (self * 10).rounded() / 10
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }
}
