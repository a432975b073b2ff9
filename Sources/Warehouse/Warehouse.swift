import FoundationEssentials

/// The warehouse: golden images, from which machines are cloned.
///
/// A warehouse is a folder. Images published by this system are folders in it, `images/<name>/`, with `manifest.json`,
/// the disk and perhaps a kernel and an initial file system; images that somebody else made are named by `index.txt`,
/// one absolute path of a manifest a line. What changed is seen when an image is chosen, so that new images need no restart,
/// and what did not change is not read twice; `images/.changes` says which images did.
///
/// An image appears whole or not at all and never changes afterwards: an image that replaces another of its name has files
/// of its own, in a folder with a name of its own, and the older ones stay while machines stand on them. Publication and removal of one name exclude each
/// other across processes by a lock on `images/.locks/<name>`; these lock files are empty and stay.
///
/// All work with files is done on threads of the room's own.
public struct Warehouse: Sendable {
    /// Answers the names of the machines that stand on the image of the given name.
    ///
    /// Ask a record that is written before a clone is made: then no image goes while a machine is being made of it.
    /// It is asked while the answer counts, not before a long copy. When it throws, nothing is removed.
    public typealias UseCheck = @Sendable (_ image: String) async throws -> [String]

    /// The warehouse's folder.
    public let directory: String
    let layout: WarehouseLayout
    let roots: AllowedRoots
    let catalogue: Catalogue
    let inUse: UseCheck
    let reflinks = ReflinkProbe()
    /// What was found in files that had to be read; nothing where images are believed.
    var ledger: DigestLedger?
    /// Sees each step of a publication before it is done, and can make it fail: for tests.
    var observer: Publication.Observer = { _ throws(WarehouseError) in }

    /// The warehouse in a folder, which need not exist yet.
    ///
    /// - Parameters:
    ///   - directory: the absolute path of the folder.
    ///   - allowedRoots: absolute paths of the folders beneath which manifests and files named by `index.txt` may be,
    ///     besides the warehouse itself.
    ///   - verifies: whether the files of an image are read and compared with their digests before it is used: once,
    ///     when it is first needed, and again when a file changed. For whoever makes machines.
    ///   - store: where the index of the images is kept between two starts; for whoever plans.
    ///   - inUse: names the machines that stand on an image; asked before an image or a replaced version is deleted.
    /// - Throws: ``WarehouseError/Code/unsafePath`` when a path is not absolute and plain.
    public init(
        directory: String,
        allowedRoots: [String] = [],
        verifies: Bool = false,
        store: (any CatalogueStore)? = nil,
        inUse: @escaping UseCheck = { _ in [] }
    ) throws(WarehouseError) {
        let folder = try PlainPath(directory)
        var roots = [folder]
        for root in allowedRoots { roots.append(try PlainPath(root)) }
        self.directory = folder.description
        self.layout = WarehouseLayout(directory: folder)
        self.roots = AllowedRoots(folders: roots)
        self.catalogue = Catalogue(layout: self.layout, roots: self.roots, store: store)
        self.ledger = verifies ? DigestLedger() : nil
        self.inUse = inUse
    }

    /// All images, those published first, by name, then those of `index.txt` in its order.
    ///
    /// One damaged image never hides the others: it is listed with the reason. Of several images with one name the
    /// first can be used, and the others say so. A warehouse that verifies does so with all of them.
    public func images() async throws(WarehouseError) -> [ImageListing] {
        var listings = try await self.listings()
        for place in listings.indices { listings[place] = await self.verified(listings[place]) }
        return listings
    }

    /// Looks for images that somebody put here, took away or wrote over by hand, a part of a large warehouse each time, and
    /// reads what is new, so that no request needs to wait for that.
    ///
    /// - Parameter limit: how many images are looked at besides the new ones.
    /// - Throws: ``WarehouseError`` when the warehouse cannot be read.
    public func lookAround(atMost limit: Int = 20_000) async throws(WarehouseError) {
        let catalogue = self.catalogue
        let new = try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.lookAround(atMost: limit, flag)
        }
        for place in new where self.ledger != nil && !Task.isCancelled {
            if let image = try await self.listing(at: place).image { _ = await self.damage(image) }
        }
    }

    /// The list as it is found without reading disks.
    func listings() async throws(WarehouseError) -> [ImageListing] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in try catalogue.listings(flag) }
    }

    /// The image of that name.
    ///
    /// - Throws: ``WarehouseError/Code/notFound``, or ``WarehouseError/Code/damaged`` with the reason.
    public func image(named name: String) async throws(WarehouseError) -> WarehouseImage {
        let catalogue = self.catalogue
        let listing = try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.listing(named: name, flag)
        }
        guard let listing else {
            throw WarehouseError(.notFound, "there is no image \(name.debugDescription) in the warehouse")
        }
        switch await self.verified(listing).state {
        case .usable(let image): return image
        case .unusable(let reason): throw WarehouseError(.damaged, "the image \(name) cannot be used: \(reason)")
        }
    }
}
