public import CostModel
import DAGModel
public import ShopAPI

extension StubPlant {
    /// What it tells of its one image, `small`.
    public static let images = BidImages(
        clone: .overlay,
        defaultMemory: 1 << 28,
        images: [
            BidImage(
                name: "small",
                answersTo: ["small"],
                root: "small",
                needs: HardwareNeeds(architecture: "x86_64", disk: ByteCount(bytes: 1 << 20)),
                bytes: 1 << 20,
                history: []
            )
        ]
    )

    /// Makes it tell what it would bid: that it has one image, `small`, so many machines, and room for so many.
    public func tellBids(machines: Int, of capacity: Int = 100) {
        var function = BidFunction(plant: name, capacity: PlantCapacity(machines: capacity))
        function.promised.machines = machines
        (function.freeForNewDomain, function.ticket) = (200, "ticket")
        notice = BidNotice(function: function, images: Self.images, durations: BidDurations())
    }

    /// What it tells, over and over.
    public func bidFeed(withProgress: Bool) async throws -> (any BidFeed)? { notice.map { StubFeed(notice: $0) } }
}

private actor StubFeed: BidFeed {
    private let notice: BidNotice
    private var isTold = false
    private var isClosed = false

    init(notice: BidNotice) { self.notice = notice }

    func next() async throws -> PlantWord {
        if isTold { try await Task.sleep(for: .seconds(1)) }
        guard !isClosed else { throw CancellationError() }
        defer { isTold = true }
        return PlantWord(bid: notice.word(after: isTold ? notice : nil))
    }

    func close() { isClosed = true }
}
