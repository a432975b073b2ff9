import CostModel
import ShopAPI

/// The notices of a simulated plant for one shop.
actor SimulatedFeed: BidFeed {
    private let plant: SimulatedPlant
    private var version: Int?
    private var told: BidNotice?
    private var isClosed = false

    init(plant: SimulatedPlant) { self.plant = plant }

    func next() async throws -> BidWord {
        guard !isClosed else { throw CancellationError() }
        let isNews = await plant.awaitNews(after: version)
        // As a real plant: many changes at once are one notice.
        if version != nil, isNews { try await ServiceTime.sleep(for: .milliseconds(20)) }
        let (notice, version) = await plant.notice
        guard !isClosed else { throw CancellationError() }
        defer { (self.version, told) = (version, notice) }
        return notice.word(after: told)
    }

    /// Who waits goes on, and finds that it is over.
    func close() async {
        isClosed = true
        await plant.wake()
    }
}
