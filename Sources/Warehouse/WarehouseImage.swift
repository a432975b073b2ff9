/// An image that can be used: its manifest, and where its files are on this host.
public struct WarehouseImage: Sendable, Hashable {
    /// What the image is.
    public let manifest: ImageManifest
    /// The absolute path of its disk.
    public let diskPath: String
    /// The absolute paths of the disks that it stands on, the nearest first.
    public let layerPaths: [String]
    /// The absolute path of its kernel, when it is started directly.
    public let kernelPath: String?
    /// The absolute path of its initial file system.
    public let initrdPath: String?
    /// The absolute path of its saved state, when clones wake up.
    public let statePath: String?
    /// The absolute path of its memory, of a template.
    public let ramPath: String?
    /// Where it is listed.
    public let source: ImageSource

    /// An image and the places of its files.
    init(
        manifest: ImageManifest,
        diskPath: String,
        layerPaths: [String] = [],
        kernelPath: String?,
        initrdPath: String?,
        statePath: String? = nil,
        ramPath: String? = nil,
        source: ImageSource
    ) {
        self.manifest = manifest
        self.diskPath = diskPath
        self.layerPaths = layerPaths
        self.kernelPath = kernelPath
        self.initrdPath = initrdPath
        self.statePath = statePath
        self.ramPath = ramPath
        self.source = source
    }

    /// Its files, with what the manifest says of each: the disk, what it stands on, what it is started with.
    func files() throws(WarehouseError) -> [ImageFile] {
        var files = [try self.disk()]
        for (place, layer) in self.manifest.disk.layers.enumerated() {
            let backing = place + 1 < self.manifest.disk.layers.count ? self.manifest.disk.layers[place + 1] : nil
            files.append(try self.layer(layer, at: self.layerPaths[place], standingOn: backing?.nameInHeader))
        }
        if let path = self.kernelPath, let kernel = self.manifest.boot?.kernel {
            files.append(try Self.bootFile(.kernel, path, kernel))
        }
        if let path = self.initrdPath, let initrd = self.manifest.boot?.initrd {
            files.append(try Self.bootFile(.initrd, path, initrd))
        }
        if let path = self.statePath, let memory = self.manifest.memory {
            files.append(try Self.bootFile(.state, path, memory.state))
        }
        if let path = self.ramPath, let ram = self.manifest.memory?.ram {
            files.append(try Self.bootFile(.ram, path, ram))
        }
        return files
    }

    /// Its disk.
    func disk() throws(WarehouseError) -> ImageFile {
        let disk = self.manifest.disk
        let form = ImageFile.Disk(
            format: disk.format,
            virtualSize: disk.virtualSize,
            backing: disk.layers.first?.nameInHeader
        )
        let path = try PlainPath(self.diskPath)
        return ImageFile(role: .disk, path: path, bytes: disk.bytes, digest: disk.digest, disk: form)
    }

    private func layer(
        _ layer: DiskLayer,
        at path: String,
        standingOn backing: DiskBacking?
    ) throws(WarehouseError) -> ImageFile {
        let form = ImageFile.Disk(format: layer.format, virtualSize: layer.virtualSize, backing: backing)
        let path = try PlainPath(path)
        return ImageFile(role: .layer, path: path, bytes: layer.bytes, digest: layer.digest, disk: form)
    }

    private static func bootFile(
        _ role: ImageFileRole,
        _ path: String,
        _ file: BootFile
    ) throws(WarehouseError) -> ImageFile {
        ImageFile(role: role, path: try PlainPath(path), bytes: file.bytes, digest: file.digest)
    }
}

/// Where an image is listed.
public enum ImageSource: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Published by this system, in the folder `images/<name>` of the warehouse.
    case published
    /// Named by a line of `index.txt`.
    case index(line: Int, path: String)
    /// It is not here yet; another warehouse has it. Its paths are those that it will have.
    case elsewhere

    /// The source in words.
    public var description: String {
        switch self {
        case .published: "published"
        case .elsewhere: "not here yet"
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
