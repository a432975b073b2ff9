/// Where things are in a warehouse's folder.
struct WarehouseLayout: Sendable, Hashable {
    let directory: PlainPath

    static let manifestName = "manifest.json"
    /// The manifest of an image that is being removed.
    static let withdrawnName = "manifest.removed"

    var index: PlainPath { self.directory.appending("index.txt") }
    var images: PlainPath { self.directory.appending("images") }
    var locks: PlainPath { self.images.appending(".locks") }
    /// Which images were worked on; see ``ChangeLog``.
    var changes: PlainPath { self.images.appending(".changes") }
    /// No image can be named so.
    var changesLock: PlainPath { self.locks.appending(".changes") }

    func folder(of image: String) -> PlainPath { self.images.appending(image) }
    func manifest(of image: String) -> PlainPath { self.folder(of: image).appending(Self.manifestName) }
    /// Where a version keeps a manifest of its own, besides the one that says which version counts.
    func manifest(of image: String, version: String) -> PlainPath {
        self.folder(of: image).appending(version).appending(Self.manifestName)
    }
    /// Whether a name is that of a folder with the files of a version.
    static func isVersion(_ name: String) -> Bool { name.hasPrefix("version-") }
    /// A name for the folder of an image's files that was never used before.
    static func newVersion() -> String { "version-" + Self.randomDigits() }

    private static let digits = 16

    private static func randomDigits() -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: Self.digits - random.count) + random
    }

    func lock(of image: String) -> PlainPath { self.locks.appending(image) }

    /// Folders that are not images: unfinished work on the image that they name.
    enum Temporary: String, CaseIterable {
        case publishing = ".publishing-"
        case removing = ".removing-"

        /// A new folder name for work on `image`.
        func name(for image: String) -> String {
            self.rawValue + image + "-" + WarehouseLayout.randomDigits()
        }

        /// The image that the folder `name` is work on, if it is such a folder.
        func image(in name: String) -> String? {
            guard name.hasPrefix(self.rawValue) else { return nil }
            let rest = name.dropFirst(self.rawValue.count)
            guard rest.count > WarehouseLayout.digits + 1 else { return nil }
            let image = String(rest.dropLast(WarehouseLayout.digits + 1))
            return ImageName.isValid(image) ? image : nil
        }
    }
}

extension PlainPath {
    /// The path of `name`, one component, in this folder.
    func appending(_ name: String) -> PlainPath {
        PlainPath(components: self.components + [name])
    }

    /// The folder that this is in.
    var parent: PlainPath {
        PlainPath(components: Array(self.components.dropLast()))
    }
}
