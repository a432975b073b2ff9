public import DAGModel

/// Images that other warehouses have and that can be fetched, as candidates beside those that are here.
public struct ImageShelf: Sendable {
    private var index = ImageIndex()
    private var images: [ImagePlace: WarehouseImage] = [:]

    /// A shelf of images; of several with one name the first counts.
    ///
    /// - Parameters:
    ///   - images: The images, their manifests checked.
    ///   - warehouse: Where they will be.
    public init(_ images: [ReceivedImage] = [], in warehouse: Warehouse) {
        for image in images {
            let place = ImagePlace.published(image.manifest.name)
            guard self.images[place] == nil, let located = try? warehouse.place(of: image) else { continue }
            self.images[place] = located
            let listing = ImageListing(name: image.manifest.name, source: .elsewhere, state: .usable(located))
            self.index.set(CatalogueEntry(listing, at: place, stamp: nil))
        }
    }

    /// Whether there is nothing on it.
    public var isEmpty: Bool { self.images.isEmpty }

    /// The image that a machine is best cloned from, as if all of them were here; ``ReadyTime/overhead`` counts the transfer.
    ///
    /// - Parameters:
    ///   - start: what the machine starts from.
    ///   - graph: the actions that it needs.
    ///   - time: what decides between images that fit.
    ///   - obstacle: why the host cannot use an image, nothing when it can.
    /// - Returns: the choice, or every reason why there is none.
    public func select(
        start: Start,
        graph: Graph,
        time: ReadyTime,
        obstacle: @escaping @Sendable (ImageManifest) async -> String? = { _ in nil }
    ) async -> ImageSelection {
        let selector = ImageSelector(supply: self, start: start, graph: graph, time: time, obstacle: obstacle)
        // Nothing is read from files, so nothing fails.
        return (try? await selector.select()) ?? .refused([])
    }
}

extension ImageShelf: ImageSupply {
    func ranking(hardware: Hardware, graph: Graph, time: ReadyTime, wanted: Int) -> ImageRanking {
        ImageRanking(self.index, hardware: hardware, graph: graph, time: time, wanted: wanted)
    }

    func listing(at place: ImagePlace) throws(WarehouseError) -> ImageListing {
        guard let image = self.images[place] else { throw WarehouseError(.notFound, "there is no such image") }
        return ImageListing(name: image.manifest.name, source: .elsewhere, state: .usable(image))
    }

    func listing(named name: String) throws(WarehouseError) -> ImageListing? {
        self.images[.published(name)] == nil ? nil : try self.listing(at: .published(name))
    }

    func places(atMost limit: Int) -> (some: [ImagePlace], others: Int) {
        let some = self.index.someOf(atMost: limit)
        return (some, self.index.count - some.count)
    }

    func damage(_ image: WarehouseImage) -> String? { nil }
}

extension Warehouse {
    /// Where the files of an image will be.
    func place(of image: ReceivedImage) throws(WarehouseError) -> WarehouseImage {
        let reader = ImageReader(
            path: self.layout.manifest(of: image.manifest.name),
            source: .published,
            roots: self.roots,
            warehouse: self.layout.directory
        )
        let located = try reader.located(image.manifest)
        return WarehouseImage(
            manifest: located.manifest,
            diskPath: located.diskPath,
            layerPaths: located.layerPaths,
            kernelPath: located.kernelPath,
            initrdPath: located.initrdPath,
            statePath: located.statePath,
            ramPath: located.ramPath,
            source: .elsewhere
        )
    }
}

extension ImageSelection {
    /// This selection, or what is on the shelf of another plant if a machine is ready sooner with that: what is here comes
    /// first among equals.
    public func orBetter(
        on shelf: ImageShelf,
        start: Start,
        graph: Graph,
        time: ReadyTime,
        obstacle: @escaping @Sendable (ImageManifest) async -> String? = { _ in nil }
    ) async -> ImageSelection {
        guard !shelf.isEmpty else { return self }
        switch (self, await shelf.select(start: start, graph: graph, time: time, obstacle: obstacle)) {
        case (.chosen(let here), .chosen(let there)) where there.expectedSeconds < here.expectedSeconds:
            return .chosen(there)
        case (.chosen, _): return self
        case (.refused, .chosen(let there)): return .chosen(there)
        case (.refused(let here), .refused(let there)):
            // That it is in no warehouse is said once.
            let said = Set(here.map(\.image))
            return .refused(here + there.filter { !said.contains($0.image) })
        }
    }
}
