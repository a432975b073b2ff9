import MachineBook
import ShopAPI

/// Takes over the events of a machine from its plant until it rests. The plant is believed within limits: it can neither
/// keep the shop busy nor fill its book.
struct MachineFollower: Sendable {
    let shop: ShopParts
    let id: MachineID
    let plant: String
    /// Whether the plant has just begun the machine, so that it cannot rest yet.
    var isBegun = false
    /// Whether the shop's own record is to become ready with it, and the bid that was taken up is done then.
    var isPlacement = false
    /// Longer than this no plant makes a machine.
    var longest = Duration.seconds(86_400)

    private static let longPoll = Duration.seconds(10)
    private static let pauseAfterFailure = Duration.milliseconds(500)
    private static let pauseAfterNothing = Duration.milliseconds(200)
    /// More events than this no creation or configuration has.
    private static let mostEvents = 100_000

    /// What one look at the plant brought.
    private struct Step {
        var machine: Machine
        /// How many events were new.
        var news: Int
        /// Whether these were all.
        var isAll: Bool
    }

    /// Follows the machine.
    ///
    /// - Returns: The machine as the plant has it, resting.
    /// - Throws: ``ServiceError`` `service.timed-out` when the plant has been out of reach for too long or makes no end,
    ///   `machine.lost` when it does not know the machine, `internal` when what it says makes no sense.
    func follow() async throws -> Machine {
        await shop.mail.open(id, at: plant)
        let result: Result<Machine, any Error>
        do { result = .success(try await followed()) } catch { result = .failure(error) }
        await shop.mail.close(id)
        return try result.get()
    }

    private func followed() async throws -> Machine {
        var last = try await lastEvent()
        let began = ServiceTime.now
        let patience = Duration.seconds(shop.settings.silenceTimeout)
        var heard = began
        var news = 0
        // After a restart of the shop the machine may rest already; nothing is waited for until that is known.
        var wait = isBegun ? Self.longPoll : .zero
        while true {
            try Task.checkCancellation()
            do {
                let step = try await step(after: &last, wait, &heard)
                if step.machine.state.isResting, step.isAll { return step.machine }
                wait = step.machine.state.isResting ? .zero : Self.longPoll
                heard = ServiceTime.now
                news += step.news
                try await checkEnd(began, news)
                // A plant that does not wait is not asked without end.
                if step.news == 0 { try await ServiceTime.sleep(for: Self.pauseAfterNothing) }
            } catch let error as ServiceError where error.code.meansOutOfReach && ServiceTime.now - began < longest {
                guard ServiceTime.now - heard < patience else {
                    let name = await shop.plants.name(plant)
                    throw ServiceError(
                        .timedOut,
                        "\(name) has been out of reach for \(patience.seconds.formatted) s: \(error.message)"
                    )
                }
                try await ServiceTime.sleep(for: min(Self.pauseAfterFailure, patience))
            }
        }
    }

    /// The last event that was taken over; of a machine that was just begun there is none.
    private func lastEvent() async throws -> Int {
        if isBegun { return 0 }
        guard let record = try await shop.machines.record(id) else { throw ServiceError.unknown(id) }
        return record.extra.lastEvent
    }

    private func checkEnd(_ began: ContinuousClock.Instant, _ news: Int) async throws {
        if ServiceTime.now - began >= longest {
            let name = await shop.plants.name(plant)
            throw ServiceError(.timedOut, "\(name) came to no end within \(longest.seconds.formatted) s")
        }
        guard news <= Self.mostEvents else { throw await nonsense("more than \(Self.mostEvents) events") }
    }

    /// Waits for the next events and takes them over.
    private func step(
        after last: inout Int,
        _ wait: Duration,
        _ heard: inout ContinuousClock.Instant
    ) async throws -> Step {
        let (page, machine) = try await answer(after: last, wait, &heard)
        let news = try await news(page, after: last)
        let seen = news.last?.sequence ?? last
        let isAll = page.state.isResting && (news.isEmpty || news.last?.kind == .state)
        // Where a power cut takes this back, the plant is asked again.
        let isPlaced = isPlacement && isAll && machine.state == .ready
        try await shop.machines.write(isLazy: true) { [id] transaction in
            let take = { (record: inout ShopRecord) in
                // The state of the shop's own record is the shop's to change.
                record.extra.lastEvent = seen
                record.machine.take(machine)
                if record.machine.state == .placing { record.machine.state = .creating }
            }
            let finish = { (record: inout ShopRecord) in
                if record.machine.state.isBeingPlaced { record.machine.state = .ready }
            }
            let events = news.filter { $0.kind != .state }
            try transaction.update(id, events: events, through: isPlaced ? [take, finish] : [take])
            if isPlaced { try transaction.settle(id, failure: nil) }
        }
        FaultPoint.pass("followed")
        last = seen
        return Step(machine: machine, news: news.count, isAll: isAll)
    }

    /// The events of a page that were not seen yet. What comes again is passed over.
    private func news(_ page: EventPage, after last: Int) async throws -> [MachineEvent] {
        let numbers = page.events.map(\.sequence)
        guard numbers.count <= EventPage.most, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw await nonsense("events that are too many, or not in order")
        }
        return page.events.filter { $0.sequence > last }
    }

    /// What the plant tells by itself, or what it answers where it tells nothing or something is missing.
    private func answer(
        after last: Int,
        _ wait: Duration,
        _ heard: inout ContinuousClock.Instant
    ) async throws -> (EventPage, Machine) {
        if wait > .zero, await shop.mail.isWhole(id) {
            let page = await shop.mail.next(id, atMost: wait)
            try Task.checkCancellation()
            // So long the stream went on.
            heard = ServiceTime.now
            if let page, let machine = page.machine, page.after ?? .max <= last { return (page, machine) }
        }
        return try await asked(after: last, await shop.mail.restart(id) ? .zero : wait)
    }

    private func asked(after last: Int, _ wait: Duration) async throws -> (EventPage, Machine) {
        let deadline = shop.settings.acceptTimeout
        let client = shop.plants.client(plant, deadline: deadline)
        do {
            let page = try await shop.plants.poller(plant, deadline: deadline).progress(of: id, after: last, wait: wait)
            // A plant of an earlier version leaves it out.
            let machine = if let machine = page.machine { machine } else { try await client.machine(id) }
            guard machine.id == id else { throw await nonsense("machine \(machine.id) when asked for \(id)") }
            return (page, machine)
        } catch let error as ServiceError where error.code == .superseded {
            shop.plants.fence.close(error)
            throw Fence.silence
        } catch let error as ServiceError where error.code == .machineUnknown {
            throw ServiceError(
                .machineLost,
                "\(await shop.plants.name(plant)) no longer knows the machine it was making"
            )
        }
    }

    private func nonsense(_ what: String) async -> ServiceError {
        ServiceError(.internalError, "\(await shop.plants.name(plant)) answered with \(what)")
    }
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
