import CostModel
import DAGModel
import MachineBook
import ShopAPI
import Warehouse

extension Plant {
    func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        let request = try await parser.read(document)
        let digest = request.digest
        if let known = try await parts.machines.record(id) { throw Self.taken(known) }
        if let place = try await parts.claims.reservation(of: id), place.digest != digest {
            throw ServiceError(
                .machineConflict,
                "a place is kept for machine \(id), for another request",
                hint: "give it back (`vmshop release \(id)`) or use another id"
            )
        }
        try await requireReady()
        let plan = try await accept(request, for: id)
        let lifetime = Duration.seconds(settings.reservationLifetime)
        var bid = try await bid(on: plan, digest, policy ?? settings.policy, lifetime: lifetime)
        bid.isReserved = true
        FaultPoint.pass("reserve-begun")
        try await keep(plan, for: id, request, digest, bid, lifetime)
        FaultPoint.pass("reserve-kept")
        return bid
    }

    func release(reservation id: MachineID) async throws {
        try await parts.claims.giveBack(id)
        FaultPoint.pass("reserve-released")
    }

    private func keep(
        _ plan: Plan,
        for id: MachineID,
        _ request: Request,
        _ digest: String,
        _ bid: Bid,
        _ lifetime: Duration
    ) async throws {
        let (claims, domain) = (parts.claims, request.client.domain)
        let place = Reservation(
            machine: id,
            bid: bid.id,
            digest: digest,
            domain: domain,
            image: plan.image.manifest.name,
            claim: plan.claim,
            expires: claims.clock.now() + Int64(lifetime.seconds * 1000)
        )
        let caller = CallerCheck()
        try await parts.machines.write { transaction in
            try caller.check(in: transaction.database)
            if let known = try transaction.record(id) { throw Self.taken(known) }
            let room = try claims.room(forDomain: domain, machine: id, in: transaction.database)
            let lacks = room.lacks(for: plan.claim, of: plan.capacity, domain: domain)
            guard lacks.isEmpty else { throw refused(lacks) }
            try claims.keep(place, in: transaction.database)
        }
    }

    private static func taken(_ known: PlantRecord) -> ServiceError {
        known.machine.state == .collected
            ? ServiceError(.machineCollected, "machine \(known.id) was collected; its id is never used again")
            : ServiceError(.machineConflict, "machine \(known.id) is there already, \(known.machine.state.rawValue)")
    }
}
