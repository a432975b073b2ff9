import DAGModel
import Synchronization

@testable import Warehouse

/// A list of images without files, to choose from.
struct ListedImages: ImageSupply {
    private var index = ImageIndex()
    private var listings: [ImagePlace: ImageListing] = [:]
    private var order: [ImagePlace] = []
    var damaged: Set<String> = []

    init(_ listings: [ImageListing]) {
        for listing in listings {
            let place = ImagePlace.published(listing.name)
            self.index.set(CatalogueEntry(listing, at: place, stamp: nil))
            self.listings[place] = listing
            self.order.append(place)
        }
    }

    func select(start: Start, graph: Graph, time: ReadyTime) async -> ImageSelection {
        let selector = ImageSelector(supply: self, start: start, graph: graph, time: time)
        return (try? await selector.select()) ?? .refused([])
    }

    func ranking(hardware: Hardware, graph: Graph, time: ReadyTime, wanted: Int) async -> ImageRanking {
        ImageRanking(self.index, hardware: hardware, graph: graph, time: time, wanted: wanted)
    }

    func listing(at place: ImagePlace) async -> ImageListing {
        self.listings[place] ?? ImageListing(name: "", source: .published, state: .unusable(reason: "gone"))
    }

    func listing(named name: String) async -> ImageListing? { self.listings[.published(name)] }

    func places(atMost limit: Int) async -> (some: [ImagePlace], others: Int) {
        (Array(self.order.prefix(limit)), max(0, self.order.count - limit))
    }

    func damage(_ image: WarehouseImage) async -> String? {
        self.damaged.contains(image.manifest.name) ? "it is damaged" : nil
    }
}

/// Counts, from wherever.
final class Counter: Sendable {
    private let number = Mutex(0)

    func add() { self.number.withLock { $0 += 1 } }

    var count: Int { self.number.withLock { $0 } }
}
