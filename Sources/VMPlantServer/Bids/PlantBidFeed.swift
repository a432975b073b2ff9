import CostModel
import GRDB
import ShopAPI

extension Plant {
    func bidFeed() async throws -> (any BidFeed)? {
        guard await listeners.count < BidListeners.most else {
            throw ServiceError(
                .overloaded,
                "\(BidListeners.most) shops listen to plant \(settings.name) already",
                hint: "ask it for estimates instead (bids.mode: live)"
            )
        }
        return PlantBidFeed(plant: self)
    }
}

/// The notices that one shop gets: one at once, one soon after each change of the plant's book, and one every second in any
/// case. It is asked for the next when the one before was sent, so that a slow reader costs nothing.
actor PlantBidFeed: BidFeed {
    /// So often the plant tells that it is there.
    static let interval = Duration.seconds(1)
    /// So that many changes at once become one notice.
    private static let pause = Duration.milliseconds(20)

    private let plant: Plant
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private var observation: AnyDatabaseCancellable?
    private var clock: Task<Void, Never>?
    private var told: BidNotice?
    private var isClosed = false

    init(plant: Plant) {
        self.plant = plant
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func next() async throws -> BidWord {
        guard !isClosed else { throw CancellationError() }
        if observation == nil {
            await plant.listeners.enter()
            guard !isClosed else {
                await plant.listeners.leave()
                throw CancellationError()
            }
            observe()
        } else {
            try await Task.sleep(for: Self.pause)
            for await _ in signals { break }
            try Task.checkCancellation()
            guard !isClosed else { throw CancellationError() }
        }
        let notice = try await plant.writer.notice(of: plant)
        defer { told = notice }
        return notice.word(after: told)
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        clock?.cancel()
        signal.finish()
        // Who never asked for a notice was no listener.
        guard let observation else { return }
        observation.cancel()
        await plant.listeners.leave()
    }

    /// Watches what prices depend on.
    private func observe() {
        observation = DatabaseRegionObservation(
            tracking: ["machine", "claim", "reservation", "cordon"].map { Table($0) }
        ).start(in: plant.parts.claims.database, onError: { _ in }, onChange: { [signal] _ in signal.yield() })
        // UNSTRUCTURED: ticks from the first notice to `close()`.
        clock = Task { [signal] in
            while (try? await Task.sleep(for: Self.interval)) != nil { signal.yield() }
        }
    }
}
