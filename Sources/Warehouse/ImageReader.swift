/// Reads one image: its manifest, and whether its files are as the manifest says.
struct ImageReader {
    /// Where the manifest is.
    let path: PlainPath
    /// Where the image is listed; it decides which paths the manifest may use.
    let source: ImageSource
    /// The folders that files may be beneath.
    let roots: AllowedRoots
    /// The warehouse's folder, which paths of layers start from.
    var warehouse: PlainPath?

    /// Reads the manifest, and the state of its file.
    func manifest() throws(WarehouseError) -> (manifest: ImageManifest, stamp: FileStamp) {
        let file = try self.roots.open(self.path)
        let stamp = try FileStamp(of: file, at: self.path)
        let manifest = try ManifestCoding.decode(try file.readAll(limit: ManifestCoding.maximumBytes))
        if self.source == .published, manifest.name != self.path.parent.components.last {
            throw WarehouseError(.damaged, "the manifest is that of an image named \(manifest.name)")
        }
        return (manifest, stamp)
    }

    /// Reads the image; its files must be there, regular, of the stated sizes, and the disk whole by itself.
    func image() throws(WarehouseError) -> (image: WarehouseImage, stamps: [FileStamp]) {
        let (manifest, stamp) = try self.manifest()
        var stamps = [stamp]
        for file in try self.files(of: manifest) {
            let open = try self.roots.open(file.path)
            let size = try open.regularFileSize()
            guard size == file.bytes else {
                throw WarehouseError(.damaged, "\(file.path) has \(size) bytes, not the \(file.bytes) of the manifest")
            }
            if let disk = file.disk { try self.inspect(open, disk) }
            stamps.append(try FileStamp(of: open, at: file.path))
        }
        return (try self.located(manifest), stamps)
    }

    /// The image's files as the manifest gives them.
    func files(of manifest: ImageManifest) throws(WarehouseError) -> [ImageFile] { try self.located(manifest).files() }

    private func inspect(_ file: OpenFile, _ disk: ImageFile.Disk) throws(WarehouseError) {
        let found = try DiskInspection.inspect(file, format: disk.format, standingOn: disk.backing)
        guard found.virtualSize == disk.virtualSize else {
            throw WarehouseError(
                .damaged,
                "\(file.path) is a disk of \(found.virtualSize) bytes, not the \(disk.virtualSize) of the manifest"
            )
        }
    }

    /// The image of a manifest, with the places of its files.
    func located(_ manifest: ImageManifest) throws(WarehouseError) -> WarehouseImage {
        var kernel: String?
        var initrd: String?
        if let boot = manifest.boot {
            kernel = try self.resolve(boot.kernel.path).description
            if let file = boot.initrd { initrd = try self.resolve(file.path).description }
        }
        var layers: [String] = []
        for layer in manifest.disk.layers { layers.append(try self.place(of: layer).description) }
        return WarehouseImage(
            manifest: manifest,
            diskPath: try self.resolve(manifest.disk.path).description,
            layerPaths: layers,
            kernelPath: kernel,
            initrdPath: initrd,
            statePath: try self.path(of: manifest.memory?.state),
            ramPath: try self.path(of: manifest.memory?.ram),
            source: self.source
        )
    }

    private func path(of file: BootFile?) throws(WarehouseError) -> String? {
        guard let file else { return nil }
        return try self.resolve(file.path).description
    }

    /// Where a layer is: what stands on a disk of another image is published by this system.
    private func place(of layer: DiskLayer) throws(WarehouseError) -> PlainPath {
        guard self.source == .published, let warehouse = self.warehouse else {
            throw WarehouseError(.unsafePath, "only a published image may stand on another one's disk")
        }
        guard layer.path.utf8.first != UInt8(ascii: "/") else { return try PlainPath(layer.path) }
        return PlainPath(components: warehouse.components + (try PlainPath.components(of: layer.path)))
    }

    /// Where the file is that the manifest calls `path`; only manifests named by `index.txt` may use absolute paths.
    private func resolve(_ path: String) throws(WarehouseError) -> PlainPath {
        guard path.utf8.first == UInt8(ascii: "/") else {
            let components = try PlainPath.components(of: path)
            return PlainPath(components: self.path.parent.components + components)
        }
        guard self.source != .published else {
            throw WarehouseError(.unsafePath, "the manifest names \(path), which is not in the image's folder")
        }
        return try PlainPath(path)
    }
}

/// A file that an image is made of.
struct ImageFile: Sendable, Hashable {
    /// What must be seen in a file that is a disk.
    struct Disk: Sendable, Hashable {
        let format: ImageFormat
        let virtualSize: Int
        /// What its header must name; nothing when it must be whole by itself.
        let backing: DiskBacking?
    }

    let role: ImageFileRole
    let path: PlainPath
    let bytes: Int
    let digest: String
    var disk: Disk?
}
