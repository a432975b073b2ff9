import FoundationEssentials
import Synchronization

/// The warehouse's list, read from its folder whenever it is asked for.
///
/// An image that was read is kept with the states of all its files, and not read again while they are the same.
final class Catalogue: Sendable {
    private struct Kept {
        let image: WarehouseImage
        let stamps: [FileStamp]
    }

    let layout: WarehouseLayout
    let roots: AllowedRoots
    private let settlingTime: Int
    /// How many images were read from their files, not taken from what is kept.
    let reads = Atomic<Int>(0)
    private let kept = Mutex<[PlainPath: Kept]>([:])
    private let indexed = Mutex(ImageIndex())

    /// The list of the images in a folder.
    ///
    /// - Parameters:
    ///   - layout: where things are.
    ///   - roots: the folders beneath which files named by `index.txt` may be.
    ///   - settlingTime: how many seconds a file must have stayed the same before what was read of it is kept.
    init(layout: WarehouseLayout, roots: AllowedRoots, settlingTime: Int = 1) {
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

    /// Everything that is listed, with an index of histories, which is brought up to date.
    func index(_ flag: CancellationFlag) throws(WarehouseError) -> ImageIndex {
        let listings = try self.listings(flag)
        return self.indexed.withLock { index in
            index.update(listings)
            return index
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

    private func published(_ name: String) -> ImageListing {
        guard ImageName.isValid(name) else {
            let reason = "\(name.debugDescription) in the folder of images is no image name"
            return ImageListing(name: name, source: .published, state: .unusable(reason: reason))
        }
        return self.read(self.reader(self.layout.manifest(of: name), .published), fallback: name)
    }

    private func indexLines() throws(WarehouseError) -> [IndexFile.Line] {
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
            self.kept.withLock { $0[reader.path] = isSettled ? Kept(image: image, stamps: stamps) : nil }
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
