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
    /// - Throws: ``ServiceError`` `service.timed-out` when the plant has been out of reach for too long; it then owes
    ///   a collection, paid when it is back.
    func follow() async throws -> Machine {
        let clock = ContinuousClock()
        let patience = Duration.seconds(shop.plants.settings.silenceTimeout)
        var heard = clock.now
        while true {
            try Task.checkCancellation()
            do {
                if let machine = try await step() { return machine }
                heard = clock.now
            } catch let error as ServiceError where error.code.meansOutOfReach {
                guard clock.now - heard < patience else {
                    try await shop.owed.add(id, at: plant)
                    throw ServiceError(.timedOut, "\(plant) has been out of reach for \(patience.seconds.formatted) s: \(error.message)")
                }
                try await Task.sleep(for: Self.pauseAfterFailure)
            }
        }
    }

    /// Waits for the next events and takes them over.
    ///
    /// - Returns: The machine, once it rests.
    private func step() async throws -> Machine? {
        guard let record = try await shop.machines.record(id) else { throw ServiceError.unknown(id) }
        let client = shop.plants.client(plant, deadline: shop.plants.settings.acceptTimeout)
        let page = try await client.events(of: id, after: record.extra.lastEvent, wait: Self.longPoll)
        let machine = try await client.machine(id)
        // The state of the shop's own record is the shop's to change.
        let news = page.events.filter { $0.kind != .state }
        try await shop.machines.update(id, events: news) { record in
            record.extra.lastEvent = page.events.last?.sequence ?? record.extra.lastEvent
            record.machine.take(machine)
            if record.machine.state == .placing { record.machine.state = .creating }
        }
        guard page.state.isResting, machine.state.isResting, page.events.isEmpty || page.events.last?.kind == .state else { return nil }
        return machine
    }
}

extension ErrorCode {
    /// Whether the error says nothing but that the service did not answer.
    var meansOutOfReach: Bool { [.unreachable, .timedOut, .unavailable].contains(self) }
}

extension Machine {
    /// Takes over what the plant knows of the machine, but for its state.
    mutating func take(_ plants: Machine) {
        let state = state
        self = plants
        self.state = state
    }
}
