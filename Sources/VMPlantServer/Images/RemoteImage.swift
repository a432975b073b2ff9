import CostModel
import ShopAPI
import Warehouse

/// An image that other plants have: its manifest, checked, and who has it.
struct RemoteImage: Sendable, Hashable {
    let image: ReceivedImage
    /// The plants that offer it, in the order of the list.
    var sources: [ImageSource]

    /// A plant that offers images.
    struct ImageSource: Sendable, Hashable {
        let url: String
        let plant: String
    }
}

/// What other plants have that is not here, at one moment.
struct RemoteImages: Sendable {
    let shelf: ImageShelf
    let images: [ImageReference: RemoteImage]
    /// What it takes to fetch each.
    let transfers: [ImageReference: TransferWork]
    /// The images of the shelf, as they were found; of several with one name the first counts.
    let order: [ImageReference]
    private let byName: [String: ImageReference]

    init(
        shelf: ImageShelf,
        images: [ImageReference: RemoteImage],
        transfers: [ImageReference: TransferWork],
        order: [ImageReference]
    ) {
        self.shelf = shelf
        self.images = images
        self.transfers = transfers
        self.order = order
        byName = Dictionary(order.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// How an image of this list gets here; nothing for one that is here.
    func transfer(of image: WarehouseImage) -> TransferWork? {
        image.source == .elsewhere ? transfers[image.manifest.reference] : nil
    }

    /// The same by the name: on the shelf there is one image of each.
    func transfer(ofImageNamed name: String) -> TransferWork? { byName[name].flatMap { transfers[$0] } }
}
