import FoundationEssentials

/// The warehouse: golden images, from which machines are cloned.
///
/// A warehouse is a folder. Images published by this system are folders in it, `images/<name>/`, with `manifest.json`,
/// the disk and perhaps a kernel and an initial file system; images that somebody else made are named by `index.txt`,
/// one absolute path of a manifest a line. Everything is read when it is asked for, so that new images need no restart,
/// and what did not change is not read twice.
///
/// An image appears whole or not at all and never changes afterwards. Publication and removal of one name exclude each
/// other across processes by a lock on `images/.locks/<name>`; these lock files are empty and stay.
///
/// All work with files is done on threads of the room's own.
public struct Warehouse: Sendable {
    /// Answers the names of the machines that stand on the image of the given name.
    ///
    /// Ask a record that is written before a clone is made: then no image goes while a machine is being made of it.
    public typealias UseCheck = @Sendable (_ image: String) async -> [String]

    /// The warehouse's folder.
    public let directory: String
    let layout: WarehouseLayout
    let catalogue: Catalogue
    let inUse: UseCheck
    /// Sees each step of a publication before it is done, and can make it fail: for tests.
    var observer: Publication.Observer = { _ throws(WarehouseError) in }

    /// The warehouse in a folder, which need not exist yet.
    ///
    /// - Parameters:
    ///   - directory: the absolute path of the folder.
    ///   - allowedRoots: absolute paths of the folders beneath which manifests and files named by `index.txt` may be,
    ///     besides the warehouse itself.
    ///   - inUse: names the machines that stand on an image; asked before an image is removed or replaced.
    /// - Throws: ``WarehouseError/Code/unsafePath`` when a path is not absolute and plain.
    public init(
        directory: String,
        allowedRoots: [String] = [],
        inUse: @escaping UseCheck = { _ in [] }
    ) throws(WarehouseError) {
        let folder = try PlainPath(directory)
        var roots = [folder]
        for root in allowedRoots { roots.append(try PlainPath(root)) }
        self.directory = folder.description
        self.layout = WarehouseLayout(directory: folder)
        self.catalogue = Catalogue(layout: self.layout, roots: AllowedRoots(folders: roots))
        self.inUse = inUse
    }

    /// All images, those published first, by name, then those of `index.txt` in its order.
    ///
    /// One damaged image never hides the others: it is listed with the reason. Of several images with one name the
    /// first can be used, and the others say so.
    public func images() async throws(WarehouseError) -> [ImageListing] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in try catalogue.listings(flag) }
    }

    /// The image of that name.
    ///
    /// - Throws: ``WarehouseError/Code/notFound``, or ``WarehouseError/Code/damaged`` with the reason.
    public func image(named name: String) async throws(WarehouseError) -> WarehouseImage {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            let listing = try catalogue.listing(named: name, flag)
            switch listing?.state {
            case .usable(let image): return image
            case .unusable(let reason):
                throw WarehouseError(.damaged, "the image \(name) cannot be used: \(reason)")
            case nil:
                throw WarehouseError(.notFound, "there is no image \(name.debugDescription) in the warehouse")
            }
        }
    }
}
