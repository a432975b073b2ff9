/// Reads one image: its manifest, and whether its files are as the manifest says.
struct ImageReader {
    /// Where the manifest is.
    let path: PlainPath
    /// Where the image is listed; it decides which paths the manifest may use.
    let source: ImageSource
    /// The folders that files may be beneath.
    let roots: AllowedRoots

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
            if file.role == .disk { try self.inspect(open, manifest.disk) }
            stamps.append(try FileStamp(of: open, at: file.path))
        }
        return (try self.located(manifest), stamps)
    }

    /// The image's files as the manifest gives them.
    func files(of manifest: ImageManifest) throws(WarehouseError) -> [ImageFile] {
        let disk = manifest.disk
        var files = [
            ImageFile(role: .disk, path: try self.resolve(disk.path), bytes: disk.bytes, digest: disk.digest)
        ]
        if let kernel = manifest.boot?.kernel {
            let path = try self.resolve(kernel.path)
            files.append(ImageFile(role: .kernel, path: path, bytes: kernel.bytes, digest: kernel.digest))
        }
        if let initrd = manifest.boot?.initrd {
            let path = try self.resolve(initrd.path)
            files.append(ImageFile(role: .initrd, path: path, bytes: initrd.bytes, digest: initrd.digest))
        }
        return files
    }

    private func inspect(_ file: OpenFile, _ disk: DiskFile) throws(WarehouseError) {
        let found = try DiskInspection.inspect(file, format: disk.format)
        guard found.virtualSize == disk.virtualSize else {
            throw WarehouseError(
                .damaged,
                "\(file.path) is a disk of \(found.virtualSize) bytes, not the \(disk.virtualSize) of the manifest"
            )
        }
    }

    private func located(_ manifest: ImageManifest) throws(WarehouseError) -> WarehouseImage {
        var kernel: String?
        var initrd: String?
        if let boot = manifest.boot {
            kernel = try self.resolve(boot.kernel.path).description
            if let file = boot.initrd { initrd = try self.resolve(file.path).description }
        }
        return WarehouseImage(
            manifest: manifest,
            diskPath: try self.resolve(manifest.disk.path).description,
            kernelPath: kernel,
            initrdPath: initrd,
            source: self.source
        )
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
    let role: ImageFileRole
    let path: PlainPath
    let bytes: Int
    let digest: String
}
