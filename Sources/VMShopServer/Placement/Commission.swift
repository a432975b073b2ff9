import MachineBook
import ShopAPI

/// What one plant is told: to make the machine. The bookkeeping of doubt is here: a plant that may have begun the machine
/// and is passed over all the same is owed a collection.
struct Commission: Sendable {
    let shop: ShopParts
    let id: MachineID
    let plant: String
    /// The bid to take up; nothing where the plant was not asked for one.
    let bid: String?
    /// Whether the plant may have been told before, as after a restart of the shop.
    let isRepeat: Bool

    /// How many times the time to accept a creation a plant is given in all.
    private static let attempts = 3.0
    private static let pauseAfterFailure = Duration.milliseconds(200)

    /// Tells the plant to make the machine and follows it until it is ready, which is recorded.
    ///
    /// - Throws: ``PlantFailure``; what the shop's own book throws, which is no failure of the plant's.
    func settle(_ record: ShopRecord) async throws {
        // A plant that was heard of making it has it: it is followed, with the patience that this deserves.
        await shop.mail.open(id, at: plant)
        do {
            if !isRepeat || record.extra.lastEvent == 0 { try await tell(record) }
        } catch {
            await shop.mail.close(id)
            throw error
        }
        await shop.board.accept(id, at: plant)
        let machine = try await followed()
        switch machine.state {
        case .ready:
            return
        case .failed:
            let error = machine.error ?? ServiceError(.hostFailed, "\(plant) could not make the machine")
            throw PlantFailure(error: error, mayHold: false)
        case let state:
            let error = ServiceError(.machineLost, "the machine was no sooner made than it was \(state.rawValue)")
            throw PlantFailure(error: error, mayHold: true)
        }
    }

    /// Repeats the call to the same plant until it answers or, the bid being over by then, it cannot begin any more.
    private func tell(_ record: ShopRecord) async throws {
        let client = shop.plants.client(plant, deadline: shop.settings.acceptTimeout)
        let options = CreateOptions(bid: bid, policy: record.extra.policy)
        var isInDoubt = isRepeat
        let end = ServiceTime.now + .seconds(shop.settings.acceptTimeout * Self.attempts)
        var failure: ServiceError
        repeat {
            let outcome = await shop.plants.outcome(plant, evenIfSilent: true) {
                try await client.create(id, record.document, options: options)
            }
            try Task.checkCancellation()
            guard case .failure(let error) = outcome else { return FaultPoint.pass("told") }
            failure = error
            guard error.code.meansOutOfReach else { break }
            if error.code == .timedOut { isInDoubt = true } else if !isInDoubt { break }
            if error.code != .timedOut { try await ServiceTime.sleep(for: Self.pauseAfterFailure) }
        } while ServiceTime.now < end && shop.plants.fence.reason == nil
        // Who refuses now may be at an earlier call still; an answer that cannot be read says nothing.
        let isClean = failure.code.saysTakenId || failure.code.saysNotBegun && !isInDoubt
        throw PlantFailure(error: failure, mayHold: !isClean)
    }

    /// Whatever goes wrong here leaves the plant with a machine that is not wanted there.
    private func followed() async throws -> Machine {
        do {
            let follower = MachineFollower(
                shop: shop,
                id: id,
                plant: plant,
                isBegun: !isRepeat,
                isPlacement: true
            )
            return try await follower.follow()
        } catch let error as ServiceError {
            throw PlantFailure(error: error, mayHold: true)
        }
    }
}
