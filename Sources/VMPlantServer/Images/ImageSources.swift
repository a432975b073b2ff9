import AsyncHTTPClient
import CostModel
import Logging
import ShopAPI
import Warehouse

/// What other plants have: asked for every few seconds in the background, so that a plan waits for nobody. A source that does
/// not answer has nothing to offer until it does; it costs nobody anything but the next look.
actor ImageSources {
    /// What is known of one plant.
    private struct Source {
        var plant = ""
        var tag: String?
        var offers: [ImageOffer] = []
        var answers = false
    }

    private typealias Answer = (url: String, result: Result<TaggedOffers?, any Error>)

    /// How long a source may take to say what it has.
    private static let deadline = Duration.seconds(2)

    private let settings: PlantSettings
    private let warehouse: Warehouse
    private let logger: Logger
    private var sources: [String: Source] = [:]
    private var order: [String] = []
    private var manifests: [ImageReference: ReceivedImage] = [:]
    private var speeds: [String: SourceSpeed] = [:]
    private var latest: RemoteImages

    init(settings: PlantSettings, warehouse: Warehouse, logger: Logger) {
        self.settings = settings
        self.warehouse = warehouse
        self.logger = logger
        latest = RemoteImages(shelf: ImageShelf(in: warehouse), images: [:], transfers: [:], order: [])
    }

    /// Whether there is anybody to ask.
    var isEmpty: Bool { settings.imageSources.isEmpty }

    /// What the others had when they were last asked, and what of it is on its way.
    ///
    /// - Parameter received: Bytes that have come of images on their way.
    /// - Returns: What is not here.
    func images(received: [ImageReference: Int] = [:]) -> RemoteImages {
        guard !received.isEmpty else { return latest }
        var transfers = latest.transfers
        for (image, bytes) in received {
            guard var transfer = transfers[image] else { continue }
            transfer.bytes = max(0, transfer.bytes - bytes)
            transfers[image] = transfer
        }
        return RemoteImages(shelf: latest.shelf, images: latest.images, transfers: transfers, order: latest.order)
    }

    /// Learns how fast a plant sent.
    func learn(_ url: String, bytes: Int, seconds: Double) {
        speeds[url, default: SourceSpeed()].learn(bytes: bytes, seconds: seconds)
    }

    /// Asks all sources once.
    func refresh() async {
        guard !isEmpty else { return }
        await ask(await plants())
        await compose()
    }

    /// The plants that the settings name; a shop stands for its plants.
    private func plants() async -> [String] {
        await withTaskGroup(of: (Int, [String]).self) { group in
            for (place, url) in settings.imageSources.enumerated() {
                group.addTask {
                    let client = MachineClient(url: url, http: .shared, deadline: Self.deadline)
                    guard let status = try? await client.status(), status.role == .shop,
                        let plants = try? await client.plants()
                    else { return (place, [url]) }
                    return (place, plants.filter { $0.problem == nil }.map(\.url))
                }
            }
            var found: [Int: [String]] = [:]
            for await (place, plants) in group { found[place] = plants }
            var seen: Set<String> = []
            return found.sorted { $0.key < $1.key }.flatMap(\.value).filter { seen.insert($0).inserted }
        }
    }

    private func ask(_ urls: [String]) async {
        let tags = sources.mapValues(\.tag)
        let answers = await withTaskGroup(of: Answer.self) { group in
            for url in urls {
                group.addTask {
                    let client = ImageClient(url: url, http: .shared, deadline: Self.deadline)
                    do { return (url, .success(try await client.offers(unless: tags[url] ?? nil))) } catch {
                        return (url, .failure(error))
                    }
                }
            }
            var answers: [Answer] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
        order = urls
        sources = sources.filter { urls.contains($0.key) }
        for (url, answer) in answers { note(answer, of: url) }
    }

    private func note(_ answer: Result<TaggedOffers?, any Error>, of url: String) {
        var source = sources[url] ?? Source()
        switch answer {
        case .success(let tagged):
            if let tagged {
                source.plant = tagged.offers.plant
                source.tag = tagged.tag
                // A shop's list has this plant, too.
                source.offers = tagged.offers.plant == settings.name ? [] : tagged.offers.images
            }
            if !source.answers { logger.info("source of images answers", metadata: ["url": "\(url)"]) }
            source.answers = true
        case .failure(let error):
            if source.answers {
                logger.info("source of images is silent", metadata: ["url": "\(url)", "error": "\(error)"])
            }
            source.answers = false
        }
        sources[url] = source
    }
}

extension ImageSources {
    /// Makes the list of what is not here of all that was answered.
    private func compose() async {
        var images: [ImageReference: RemoteImage] = [:]
        var shelf: [ReceivedImage] = []
        for url in order {
            guard let source = sources[url], source.answers else { continue }
            let place = RemoteImage.ImageSource(url: url, plant: source.plant)
            for offer in source.offers {
                let version = ImageReference(offer.version)
                if images[version] != nil {
                    images[version]?.sources.append(place)
                } else if (try? await warehouse.knows(offer.name)) == false,
                    let image = await manifest(version, at: url)
                {
                    images[version] = RemoteImage(image: image, sources: [place])
                    shelf.append(image)
                }
            }
        }
        let offers = sources.values.flatMap(\.offers)
        let offered = Set(offers.map { ImageReference($0.version) })
        manifests = manifests.filter { offered.contains($0.key) }
        let here = images.isEmpty ? [:] : (try? await warehouse.filesHere()) ?? [:]
        let transfers = images.mapValues { transfer($0, missing: bytes(of: $0, butNot: here)) }
        latest = RemoteImages(
            shelf: ImageShelf(shelf, in: warehouse),
            images: images,
            transfers: transfers,
            order: shelf.map(\.reference)
        )
    }

    /// A version of an image that is here, which is not the one that is here; nothing when all offer just that.
    func replacement(of name: String) async -> RemoteImage? {
        let own = try? await warehouse.image(named: name).manifest.reference
        for url in order {
            guard let source = sources[url], source.answers,
                let offer = source.offers.first(where: { $0.name == name }), offer.digest != own?.digest,
                let image = await manifest(ImageReference(offer.version), at: url)
            else { continue }
            return RemoteImage(image: image, sources: [RemoteImage.ImageSource(url: url, plant: source.plant)])
        }
        return nil
    }

    /// The manifest of a version, asked for once.
    private func manifest(_ version: ImageReference, at url: String) async -> ReceivedImage? {
        if let known = manifests[version] { return known }
        do {
            let client = ImageClient(url: url, http: .shared, deadline: Self.deadline)
            let image = try ReceivedImage(manifest: await client.manifest(of: version.wire), of: version)
            manifests[version] = image
            return image
        } catch {
            logger.info(
                "manifest cannot be used",
                metadata: ["image": "\(version)", "url": "\(url)", "error": "\(error)"]
            )
            return nil
        }
    }

    /// Bytes that are missing of an image and of what it stands on.
    private func bytes(of image: RemoteImage, butNot here: [String: OfferedImage]) -> Int {
        let layers = image.image.manifest.disk.layers.map { ($0.digest, $0.bytes) }
        let files = image.image.files.map { ($0.digest, $0.bytes) } + layers
        return files.reduce(0) { here[$1.0] == nil ? $0 + $1.1 : $0 }
    }

    private func transfer(_ image: RemoteImage, missing: Int) -> TransferWork {
        let source = image.sources[0]
        let speed = speeds[source.url] ?? SourceSpeed()
        return TransferWork(
            image: image.image.manifest.name,
            source: source.plant,
            bytes: missing,
            bytesPerSecond: speed.bytesPerSecond,
            basis: speed.basis
        )
    }
}

extension ImageReference {
    /// The reference as it goes over the wire.
    var wire: ImageVersionName { ImageVersionName(name: name, digest: digest) }
}
