/// An image that can be used: its manifest, and where its files are on this host.
public struct WarehouseImage: Sendable, Hashable {
    /// What the image is.
    public let manifest: ImageManifest
    /// The absolute path of its disk.
    public let diskPath: String
    /// The absolute path of its kernel, when it is started directly.
    public let kernelPath: String?
    /// The absolute path of its initial file system.
    public let initrdPath: String?
    /// Where it is listed.
    public let source: ImageSource

    /// Its files, with what the manifest says of each.
    func files() throws(WarehouseError) -> [ImageFile] {
        let disk = self.manifest.disk
        var files = [
            ImageFile(role: .disk, path: try PlainPath(self.diskPath), bytes: disk.bytes, digest: disk.digest)
        ]
        if let path = self.kernelPath, let kernel = self.manifest.boot?.kernel {
            files.append(
                ImageFile(role: .kernel, path: try PlainPath(path), bytes: kernel.bytes, digest: kernel.digest)
            )
        }
        if let path = self.initrdPath, let initrd = self.manifest.boot?.initrd {
            files.append(
                ImageFile(role: .initrd, path: try PlainPath(path), bytes: initrd.bytes, digest: initrd.digest)
            )
        }
        return files
    }
}

/// Where an image is listed.
public enum ImageSource: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Published by this system, in the folder `images/<name>` of the warehouse.
    case published
    /// Named by a line of `index.txt`.
    case index(line: Int, path: String)

    /// The source in words.
    public var description: String {
        switch self {
        case .published: "published"
        case .index(let line, let path): "index.txt, line \(line): \(path)"
        }
    }
}

/// One entry of the warehouse's list: an image, or why it is none.
public struct ImageListing: Sendable, Hashable {
    /// The image's name; of an image whose manifest cannot be read the name of its folder or its manifest's path.
    public let name: String
    /// Where it is listed.
    public let source: ImageSource
    /// The image, or why it cannot be used.
    public let state: State

    /// Whether an image can be used.
    public enum State: Sendable, Hashable {
        /// It can.
        case usable(WarehouseImage)
        /// It cannot, for this reason.
        case unusable(reason: String)
    }

    /// An entry.
    public init(name: String, source: ImageSource, state: State) {
        self.name = name
        self.source = source
        self.state = state
    }

    /// The image, if it can be used.
    public var image: WarehouseImage? {
        if case .usable(let image) = self.state { return image }
        return nil
    }
}
