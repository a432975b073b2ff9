import CostModel
import DAGModel
import MachineBook
import ShopAPI

extension Shop {
    func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        try await keepPlace(id, parser.read(document), document, chosen(policy))
    }

    /// Has a plant keep a place for a machine.
    func keepPlace(
        _ id: MachineID,
        _ request: Request,
        _ document: [UInt8],
        _ policy: CostPolicy
    ) async throws -> Bid {
        let digest = request.digest
        if let known = try await parts.machines.record(id) {
            _ = try known.machine.answer(toRequest: digest)
            throw ServiceError(.machineConflict, "machine \(id) is being made, or was made, already")
        }
        // Who asks again gets a place at the same plant: one machine has one place.
        if let kept = await parts.kept.take(id) {
            guard kept.digest == digest else {
                await parts.kept.note(kept, for: id)
                throw ServiceError(
                    .machineConflict,
                    "a place is kept for machine \(id), for another request",
                    hint: "give it back (`vmshop release \(id)`) or use another id"
                )
            }
            if case .success(let bid) = await keep(id, document, digest, at: kept.url, policy) { return bid }
        }
        let bidding = Bidding(shop: parts, request: request, document: document, digest: digest, policy: policy)
        var (refusals, told): ([Refusal], Set<String>) = ([], [])
        while true {
            try Task.checkCancellation()
            let round = await bidding.round(for: id, without: told)
            let offers = round.offers.filter { !told.contains($0.url) }
            // Where all were asked there is nobody left.
            guard !offers.isEmpty, told.isEmpty || round.way != .asked else {
                throw parts.plants.noBids(round.refusals + refusals)
            }
            for offer in offers {
                told.insert(offer.url)
                if let evaluated = offer.evaluated {
                    await parts.board.debit(evaluated, for: id, domain: request.client.domain)
                }
                switch await keep(id, document, digest, at: offer.url, policy) {
                case .success(let bid):
                    await parts.board.accept(id, at: offer.url)
                    return bid
                case .failure(let error):
                    await parts.board.credit(id, at: offer.url)
                    let reasons = error.refusals?.flatMap(\.reasons) ?? [error.message]
                    refusals.append(Refusal(plant: offer.bid.plant, reasons: reasons))
                }
            }
        }
    }

    private func keep(
        _ id: MachineID,
        _ document: [UInt8],
        _ digest: String,
        at url: String,
        _ policy: CostPolicy
    ) async -> Result<Bid, ServiceError> {
        let client = parts.plants.client(url, deadline: parts.settings.acceptTimeout)
        let outcome = await parts.plants.outcome(url) { try await client.reserve(id, document, policy: policy) }
        guard case .success(let bid) = outcome else { return outcome }
        if let objection = bid.objection(askedFor: policy) {
            return .failure(ServiceError(.internalError, objection))
        }
        await parts.kept.note(KeptPlaces.Place(url: url, bid: bid, digest: digest), for: id)
        return outcome
    }

    func release(reservation id: MachineID) async throws {
        guard let place = await parts.kept.take(id) else { return }
        let client = parts.plants.client(place.url, deadline: parts.settings.acceptTimeout)
        try await parts.plants.outcome(place.url) { try await client.release(reservation: id) }.get()
    }
}
