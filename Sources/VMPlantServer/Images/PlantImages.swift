import CostModel
import ShopAPI
import Warehouse

/// The images of a plant as others see them, and those that it fetches itself.
struct PlantImages: ImageService {
    let settings: PlantSettings
    let warehouse: Warehouse
    let sources: ImageSources
    let fetcher: ImageFetcher
    let downloads: DownloadSlots

    /// What others may fetch.
    func offers() async throws -> TaggedOffers {
        let images = try await described { () throws(WarehouseError) in try await warehouse.offers() }
        var digest = TagDigest()
        let offers = images.map { image in
            digest.add(image.reference.name, image.reference.digest)
            return ImageOffer(
                name: image.reference.name,
                digest: image.reference.digest,
                files: image.files.map(OfferedFile.init)
            )
        }
        return TaggedOffers(offers: ImageOffers(plant: settings.name, images: offers), tag: digest.tag)
    }

    /// A manifest, as it travels.
    func manifest(of version: ImageVersionName) async throws -> [UInt8] {
        try await described { () throws(WarehouseError) in
            try await warehouse.travellingManifest(of: ImageReference(version))
        }
    }

    /// A file, for one download.
    func file(_ digest: String, of version: ImageVersionName) async throws -> any ReadableFile {
        let bytes = try await described { () throws(WarehouseError) in
            try await warehouse.openFile(digest, of: ImageReference(version))
        }
        return try await DownloadedFile(content: bytes, slot: downloads.enter(), slots: downloads)
    }

    /// Begins to fetch an image, or says how far it has come.
    func fetch(_ image: String, replace: Bool) async throws -> [ImageTransfer] {
        if let state = await fetcher.state(of: image) { return [state] }
        guard let wanted = await newest(image, replace: replace) else { return [try await present(image, replace)] }
        let missing = await sources.images().transfers[wanted.image.reference]?.bytes ?? wanted.image.bytes
        return [await fetcher.begin(wanted, isReplacing: replace, bytes: missing)]
    }

    /// The version of a name that is to be fetched; nothing when no source has one that is not here.
    private func newest(_ image: String, replace: Bool) async -> RemoteImage? {
        await sources.refresh()
        if let remote = await sources.images().images.values.first(where: { $0.image.manifest.name == image }) {
            return remote
        }
        return replace ? await sources.replacement(of: image) : nil
    }

    private func present(_ image: String, _ replace: Bool) async throws -> ImageTransfer {
        let isHere = try await described { () throws(WarehouseError) in try await warehouse.knows(image) }
        guard isHere else {
            throw ServiceError(
                .imageUnknown,
                "plant \(settings.name): no source offers an image \(image.debugDescription)",
                hint: "`warehouse.sources` says who is asked"
            )
        }
        let other = replace ? nil : await sources.replacement(of: image)
        guard other == nil else {
            throw ServiceError(
                .imageConflict,
                "plant \(settings.name) has another version of \(image)",
                hint: "say that it is to be replaced"
            )
        }
        return ImageTransfer(image: image, plant: settings.name, state: .present)
    }

    private func described<Value>(_ body: () async throws(WarehouseError) -> Value) async throws -> Value {
        do throws(WarehouseError) { return try await body() } catch {
            throw ServiceError(error.code == .notFound ? .imageUnknown : .hostFailed, error.message)
        }
    }
}

extension PlantImages {
    /// What other plants have that is not here; of what is on its way only the rest is to come.
    func elsewhere() async -> RemoteImages {
        guard await !sources.isEmpty else { return await sources.images() }
        return await sources.images(received: fetcher.received)
    }

    /// Brings the image of a plan here, if it is not, and answers it as it is here.
    ///
    /// - Throws: ``ServiceError`` with what each source said.
    func bring(_ image: WarehouseImage) async throws -> WarehouseImage {
        guard image.source == .elsewhere else { return image }
        let version = image.manifest.reference
        // It may have come since it was planned.
        if let here = await warehouse.current(version) { return here }
        let known = await sources.images()
        guard let wanted = known.images[version] else {
            throw ServiceError(.hostFailed, "plant \(settings.name): no source offers image \(version) any more")
        }
        do {
            return try await fetcher.fetch(wanted, bytes: known.transfers[version]?.bytes ?? wanted.image.bytes)
        } catch let error as WarehouseError {
            throw ServiceError(.hostFailed, "plant \(settings.name): image \(version): \(error.message)")
        } catch let error as ServiceError {
            throw ServiceError(.hostFailed, "plant \(settings.name): image \(version): \(error.message)")
        }
    }
}

extension ReceivedImage {
    /// The bytes of all files of its own.
    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
}

extension ImageReference {
    /// The reference that came over the wire.
    init(_ version: ImageVersionName) { self.init(name: version.name, digest: version.digest) }
}
