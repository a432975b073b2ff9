import FoundationEssentials
import Synchronization

/// The warehouse's list, read from its folder whenever all of it is asked for.
///
/// An image that was read is kept with the states of all its files, and not read again while they are the same. Who looks
/// for one of many asks the index, which knows what changed without looking at each; see ``CatalogueIndex``.
final class Catalogue: Sendable {
    private struct Kept {
        let image: WarehouseImage
        let stamps: [FileStamp]
    }

    let layout: WarehouseLayout
    let roots: AllowedRoots
    let settlingTime: Int
    /// How many images were read from their files, not taken from what is kept.
    let reads = Atomic<Int>(0)
    private let kept = Mutex<[PlainPath: Kept]>([:])
    /// Images that are kept with all that their manifests say.
    private static let keptAtMost = 4096
    private let indexed: Mutex<CatalogueIndex>

    /// The list of the images in a folder.
    ///
    /// - Parameters:
    ///   - layout: where things are.
    ///   - roots: the folders beneath which files named by `index.txt` may be.
    ///   - settlingTime: how many seconds a file must have stayed the same before what was read of it is kept.
    ///   - store: where the index is kept between two starts.
    init(
        layout: WarehouseLayout,
        roots: AllowedRoots,
        settlingTime: Int = 1,
        store: (any CatalogueStore)? = nil
    ) {
        self.indexed = Mutex(CatalogueIndex(store: store))
        self.settlingTime = settlingTime
        self.layout = layout
        self.roots = roots
    }

    /// Everything that is listed.
    func listings(_ flag: CancellationFlag) throws(WarehouseError) -> [ImageListing] {
        var found: [ImageListing] = []
        for name in try self.publishedNames() {
            try flag.check()
            found.append(self.published(name))
        }
        found += try self.named(flag)
        self.forgetAll(except: found)
        return self.withoutDuplicates(found)
    }

    /// Asks the index, which is brought up to date first.
    func withIndex<Value: Sendable>(
        _ flag: CancellationFlag,
        _ body: (ImageIndex) -> Value
    ) throws(WarehouseError) -> Value {
        try self.indexed.withLock { index throws(WarehouseError) in
            try index.refresh(self, flag)
            return body(index.images)
        }
    }

    /// What is at a place now; the index learns of it when it is not what it knew.
    func current(_ place: ImagePlace) -> ImageListing {
        let stamp = self.stamp(of: place)
        let listing = self.found(at: place, line: place.isPublished ? 0 : self.lineNumber(of: place.text))
        self.indexed.withLock { $0.note(listing, at: place, stamp: stamp, self) }
        return listing
    }

    /// Looks for what leaves no trace, and answers the images that are new since somebody asked this last.
    ///
    /// At most `limit` images are looked at, from where the last look ended.
    func lookAround(atMost limit: Int, _ flag: CancellationFlag) throws(WarehouseError) -> [ImagePlace] {
        let names = try self.publishedNames()
        return try self.indexed.withLock { index throws(WarehouseError) in
            try index.refresh(self, flag)
            try index.compare(names, self, flag)
            try index.lookOnward(atMost: limit, self, flag)
            return index.takeNew()
        }
    }

    /// The entry of that name, if there is one.
    func listing(named name: String, _ flag: CancellationFlag) throws(WarehouseError) -> ImageListing? {
        guard ImageName.isValid(name) else { return nil }
        if self.isPublished(name) { return self.published(name) }
        let candidates = try self.named(flag).filter { $0.name == name }
        return candidates.first
    }

    /// Whether there is anything in the place of a published image of that name.
    func isPublished(_ name: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: self.layout.folder(of: name).description)) != nil
    }

    /// The reader for the image of that name, its manifest being readable at least.
    func reader(named name: String, _ flag: CancellationFlag) throws(WarehouseError) -> ImageReader? {
        guard ImageName.isValid(name) else { return nil }
        if self.isPublished(name) { return self.reader(self.layout.manifest(of: name), .published) }
        for line in try self.indexLines() {
            try flag.check()
            guard let path = try? PlainPath(line.text) else { continue }
            let reader = self.reader(path, .index(line: line.number, path: line.text))
            if let manifest = try? reader.manifest().manifest, manifest.name == name { return reader }
        }
        return nil
    }

    func publishedNames() throws(WarehouseError) -> [String] {
        let path = self.layout.images.description
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
        } catch {
            throw WarehouseError(.inputOutput, "cannot list \(path): \(error)")
        }
    }

    /// The state of the manifest at a place.
    func stamp(of place: ImagePlace) -> FileStamp? {
        switch place {
        case .published(let name): FileStamp(at: self.layout.manifest(of: name))
        case .named(let text): (try? PlainPath(text)).flatMap { FileStamp(at: $0) }
        }
    }

    /// What is at a place; `line` is the line of `index.txt` that names it, where that is of interest.
    func found(at place: ImagePlace, line: Int = 0) -> ImageListing {
        switch place {
        case .published(let name): self.published(name)
        case .named(let text): self.named(IndexFile.Line(number: line, text: text))
        }
    }

    private func published(_ name: String) -> ImageListing {
        guard ImageName.isValid(name) else {
            let reason = "\(name.debugDescription) in the folder of images is no image name"
            return ImageListing(name: name, source: .published, state: .unusable(reason: reason))
        }
        return self.read(self.reader(self.layout.manifest(of: name), .published), fallback: name)
    }

    /// The lines of `index.txt`.
    func indexLines() throws(WarehouseError) -> [IndexFile.Line] {
        do throws(WarehouseError) {
            let file = try OpenFile.open(self.layout.index.description, .read)
            return IndexFile.lines(in: try file.readAll(limit: IndexFile.maximumBytes))
        } catch {
            if error.code == .notFound { return [] }
            throw error
        }
    }

    private func named(_ flag: CancellationFlag) throws(WarehouseError) -> [ImageListing] {
        let lines: [IndexFile.Line]
        do throws(WarehouseError) { lines = try self.indexLines() } catch {
            let source = ImageSource.index(line: 0, path: self.layout.index.description)
            return [ImageListing(name: "index.txt", source: source, state: .unusable(reason: error.message))]
        }
        var found: [ImageListing] = []
        for line in lines {
            try flag.check()
            found.append(self.named(line))
        }
        return found
    }

    private func lineNumber(of text: String) -> Int {
        (try? self.indexLines())?.first { $0.text == text }?.number ?? 0
    }

    private func named(_ line: IndexFile.Line) -> ImageListing {
        let source = ImageSource.index(line: line.number, path: line.text)
        do throws(WarehouseError) {
            return self.read(self.reader(try PlainPath(line.text), source), fallback: line.text)
        } catch {
            return ImageListing(name: line.text, source: source, state: .unusable(reason: error.message))
        }
    }

    private func reader(_ path: PlainPath, _ source: ImageSource) -> ImageReader {
        ImageReader(path: path, source: source, roots: self.roots, warehouse: self.layout.directory)
    }

    private func read(_ reader: ImageReader, fallback: String) -> ImageListing {
        if let kept = self.kept.withLock({ $0[reader.path] }), kept.image.source == reader.source,
            kept.stamps.allSatisfy(\.isCurrent)
        {
            return ImageListing(name: kept.image.manifest.name, source: reader.source, state: .usable(kept.image))
        }
        self.reads.add(1, ordering: .relaxed)
        do throws(WarehouseError) {
            let (image, stamps) = try reader.image()
            let isSettled = stamps.allSatisfy { $0.isOlder(than: self.settlingTime) }
            self.kept.withLock { kept in
                if kept.count >= Self.keptAtMost { kept.removeAll() }
                kept[reader.path] = isSettled ? Kept(image: image, stamps: stamps) : nil
            }
            return ImageListing(name: image.manifest.name, source: reader.source, state: .usable(image))
        } catch {
            let name = (try? reader.manifest().manifest.name) ?? fallback
            return ImageListing(name: name, source: reader.source, state: .unusable(reason: error.message))
        }
    }

    /// Forgets images that are no longer listed.
    private func forgetAll(except listings: [ImageListing]) {
        let listed = Set(listings.compactMap { $0.image?.manifest })
        self.kept.withLock { kept in kept = kept.filter { listed.contains($0.value.image.manifest) } }
    }

    /// Says of every image with the name of an earlier one that it cannot be used.
    private func withoutDuplicates(_ listings: [ImageListing]) -> [ImageListing] {
        var owners: [String: ImageSource] = [:]
        return listings.map { listing in
            guard let owner = owners[listing.name] else {
                owners[listing.name] = listing.source
                return listing
            }
            let reason = "the name \(listing.name) is that of another image (\(owner))"
            return ImageListing(name: listing.name, source: listing.source, state: .unusable(reason: reason))
        }
    }
}
