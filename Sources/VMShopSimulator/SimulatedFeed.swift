import CostModel
import ShopAPI

/// The notices of a simulated plant for one shop.
actor SimulatedFeed: BidFeed {
    private let plant: SimulatedPlant
    private var version: Int?
    private var told: BidNotice?
    private var isClosed = false
    private let withProgress: Bool
    /// How many changes of its machines were told.
    private var count = 0

    init(plant: SimulatedPlant, withProgress: Bool = true) {
        self.plant = plant
        self.withProgress = withProgress
    }

    func next() async throws -> PlantWord {
        guard !isClosed else { throw CancellationError() }
        let isNews = await plant.awaitNews(after: version, count)
        // As a real plant: many changes at once are one notice.
        if version != nil, isNews { try await ServiceTime.sleep(for: .milliseconds(20)) }
        let isChanged = if isNews { true } else { await plant.changeCount != count }
        if let told, !isChanged { return PlantWord(bid: told.word(after: told), progress: withProgress ? [] : nil) }
        let (notice, version, progress) = await plant.news(since: count)
        guard !isClosed else { throw CancellationError() }
        defer { (self.version, told, count) = (version, notice, progress.count) }
        return PlantWord(bid: notice.word(after: told), progress: withProgress ? progress.pages : nil)
    }

    /// Who waits goes on, and finds that it is over.
    func close() async {
        isClosed = true
        await plant.wake()
    }
}
