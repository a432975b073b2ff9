import CostModel
import GRDB
import ShopAPI
import Synchronization

extension Plant {
    func bidFeed(withProgress: Bool) async throws -> (any BidFeed)? {
        guard await listeners.count < BidListeners.most else {
            throw ServiceError(
                .overloaded,
                "\(BidListeners.most) shops listen to plant \(settings.name) already",
                hint: "ask it for estimates instead (bids.mode: live)"
            )
        }
        return PlantBidFeed(plant: self, withProgress: withProgress)
    }
}

/// The notices that one shop gets: one at once, one soon after each change of the plant's book, and one every second in any
/// case; and what happens to machines, where it asked for that. It is asked for the next when the one before was sent, so that a slow
/// reader costs nothing.
actor PlantBidFeed: BidFeed {
    /// So often the plant tells that it is there.
    static let interval = Duration.seconds(1)
    /// So that many changes at once become one notice.
    private static let pause = Duration.milliseconds(20)

    private let plant: Plant
    private let withProgress: Bool
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    /// Whether there may be another notice to tell.
    private let isStale = Mutex(false)
    /// Before that there is none.
    private var nextNotice = ContinuousClock.now
    private var progress: ProgressTeller?
    private var observation: AnyDatabaseCancellable?
    private var clock: Task<Void, Never>?
    private var told: BidNotice?
    private var isClosed = false

    init(plant: Plant, withProgress: Bool) {
        (self.plant, self.withProgress) = (plant, withProgress)
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func next() async throws -> PlantWord {
        guard !isClosed else { throw CancellationError() }
        guard observation != nil else {
            try await begin()
            return PlantWord(bid: try await bid(), progress: withProgress ? [] : nil)
        }
        while true {
            for await _ in signals { break }
            try Task.checkCancellation()
            guard !isClosed else { throw CancellationError() }
            let bid = try await bid()
            // After the notice: of what it counts something may have happened meanwhile.
            let pages = try await progress?.pages()
            remind()
            if bid != nil || pages?.isEmpty == false { return PlantWord(bid: bid, progress: pages) }
        }
    }

    private func begin() async throws {
        await plant.listeners.enter()
        guard !isClosed else {
            await plant.listeners.leave()
            throw CancellationError()
        }
        if withProgress { progress = await ProgressTeller(plant.parts.machines) { [signal] in signal.yield() } }
        observe()
        isStale.withLock { $0 = true }
    }

    /// What is to be said of bids now; nothing where nothing changed, or the last notice is hardly out.
    private func bid() async throws -> BidWord? {
        guard .now >= nextNotice,
            isStale.withLock({ isStale in
                defer { isStale = false }
                return isStale
            })
        else { return nil }
        let notice = try await plant.writer.notice(of: plant)
        nextNotice = .now + Self.pause
        defer { told = notice }
        return notice.word(after: told)
    }

    /// Sees to it that what was not told yet is told after the pause.
    private func remind() {
        guard isStale.withLock({ $0 }) else { return }
        // UNSTRUCTURED: some milliseconds; who waits for a word must not be kept from what happens to machines meanwhile.
        Task { [signal, nextNotice] in
            try? await Task.sleep(until: nextNotice)
            signal.yield()
        }
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        clock?.cancel()
        signal.finish()
        // Who never asked for a notice was no listener.
        guard let observation else { return }
        observation.cancel()
        await progress?.end()
        await plant.listeners.leave()
    }

    /// Watches what prices depend on.
    private func observe() {
        observation = DatabaseRegionObservation(
            tracking: ["machine", "claim", "reservation", "cordon"].map { Table($0) }
        ).start(in: plant.parts.claims.database, onError: { _ in }, onChange: { [weak self] _ in self?.note() })
        // UNSTRUCTURED: ticks from the first notice to `close()`.
        clock = Task { [weak self] in
            while (try? await Task.sleep(for: Self.interval)) != nil { self?.note() }
        }
    }

    /// There may be another notice to tell.
    private nonisolated func note() {
        isStale.withLock { $0 = true }
        signal.yield()
    }
}
