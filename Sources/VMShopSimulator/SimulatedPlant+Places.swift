import CostModel
import DAGModel
import ShopAPI

/// A place that a simulated plant keeps for a machine to come.
struct SimulatedPlace: Sendable {
    var digest: String
    var domain: String
    var image: String
    /// Which of the machine's places it is: a later one has another end.
    var number: Int
}

/// The places that are kept.
extension SimulatedPlant {
    private static let life = Duration.seconds(60)

    func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        try await think()
        let request = try Self.parse(document)
        let digest = request.digest
        if let known = machines[id] {
            _ = try known.answer(toRequest: digest)
            throw ServiceError(.machineConflict, "machine \(id) is there already")
        }
        if let place = places[id] {
            guard place.digest == digest else {
                throw ServiceError(.machineConflict, "a place is kept for another request")
            }
            giveBack(id)
        }
        let plan = try admitted(request, SimulatedFate(of: id, at: number, options))
        let load = function.load(with: plan, domain: request.client.domain)
        let cost = (policy ?? options.policy).cost(of: plan.work, load: load)
        keep(id, digest, request.client.domain, plan.image)
        try await journal?.note(id, name + " (kept)")
        let summary = PlanSummary(image: plan.image, reused: plan.reused, work: plan.work)
        let end = Timestamp.now.advanced(by: Self.life)
        var bid = Bid(id: "any", plant: name, cost: cost, plan: summary, validUntil: end)
        bid.isReserved = true
        return bid
    }

    func release(reservation id: MachineID) async throws {
        try await think()
        giveBack(id)
    }

    private func keep(_ id: MachineID, _ digest: String, _ domain: String, _ image: String) {
        tickets += 1
        let place = SimulatedPlace(digest: digest, domain: domain, image: image, number: tickets)
        places[id] = place
        count(domain, image, 1)
        endLater(id, place)
    }

    /// Has all places end, as those do that outlived the process: a whole life from now.
    func endPlacesLater() { for (id, place) in places { endLater(id, place) } }

    private func endLater(_ id: MachineID, _ place: SimulatedPlace) {
        // UNSTRUCTURED: the end of this one place.
        Task {
            guard (try? await ServiceTime.sleep(for: Self.life)) != nil else { return }
            if places[id]?.number == place.number { giveBack(id) }
        }
    }

    /// Keeps a machine's place no longer.
    func giveBack(_ id: MachineID) {
        guard let place = places.removeValue(forKey: id) else { return }
        count(place.domain, place.image, -1)
    }
}
