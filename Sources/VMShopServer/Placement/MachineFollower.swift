import MachineBook
import ShopAPI

/// Takes over the events of a machine from its plant until it rests.
struct MachineFollower: Sendable {
    let shop: ShopParts
    let id: MachineID
    let plant: String

    private static let longPoll = Duration.seconds(10)
    private static let pauseAfterFailure = Duration.milliseconds(500)

    /// Follows the machine.
    ///
    /// - Returns: The machine as the plant has it, resting.
    /// - Throws: ``ServiceError`` `service.timed-out` when the plant has been out of reach for too long, `machine.lost`
    ///   when it does not know the machine.
    func follow() async throws -> Machine {
        let clock = ContinuousClock()
        let patience = Duration.seconds(shop.plants.settings.silenceTimeout)
        var heard = clock.now
        // After a restart of the shop the machine may rest already; nothing is waited for until that is known.
        var wait = Duration.zero
        while true {
            try Task.checkCancellation()
            do {
                let (machine, isAll) = try await step(wait)
                if machine.state.isResting, isAll { return machine }
                wait = machine.state.isResting ? .zero : Self.longPoll
                heard = clock.now
            } catch let error as ServiceError where error.code.meansOutOfReach {
                guard clock.now - heard < patience else {
                    let name = await shop.plants.name(plant)
                    throw ServiceError(
                        .timedOut,
                        "\(name) has been out of reach for \(patience.seconds.formatted) s: \(error.message)"
                    )
                }
                try await Task.sleep(for: min(Self.pauseAfterFailure, patience))
            }
        }
    }

    /// Waits for the next events and takes them over.
    ///
    /// - Returns: The machine, and whether these were all its events.
    private func step(_ wait: Duration) async throws -> (Machine, isAll: Bool) {
        guard let record = try await shop.machines.record(id) else { throw ServiceError.unknown(id) }
        let client = shop.plants.client(plant, deadline: shop.plants.settings.acceptTimeout)
        let (page, machine) = try await asking {
            (try await client.events(of: id, after: record.extra.lastEvent, wait: wait), try await client.machine(id))
        }
        // The state of the shop's own record is the shop's to change.
        let news = page.events.filter { $0.kind != .state }
        try await shop.machines.update(id, events: news) { record in
            record.extra.lastEvent = page.events.last?.sequence ?? record.extra.lastEvent
            record.machine.take(machine)
            if record.machine.state == .placing { record.machine.state = .creating }
        }
        return (machine, page.state.isResting && (page.events.isEmpty || page.events.last?.kind == .state))
    }

    private func asking(_ body: () async throws -> (EventPage, Machine)) async throws -> (EventPage, Machine) {
        do {
            let (page, machine) = try await body()
            guard machine.id == id else {
                throw ServiceError(.internalError, "\(plant) answered with machine \(machine.id) when asked for \(id)")
            }
            return (page, machine)
        } catch let error as ServiceError where error.code == .machineUnknown {
            throw ServiceError(
                .machineLost,
                "\(await shop.plants.name(plant)) no longer knows the machine it was making"
            )
        }
    }
}

extension ErrorCode {
    /// Whether the error says nothing but that the service did not answer.
    var meansOutOfReach: Bool { [.unreachable, .timedOut, .unavailable].contains(self) }
}

extension Machine {
    /// Takes over what the plant knows of the machine, but for its state and what it was asked for as.
    mutating func take(_ plants: Machine) {
        guard plants.id == id else { return }
        let own = self
        self = plants
        state = own.state
        requestDigest = own.requestDigest
        created = own.created
    }
}
