import Glibc

/// One reception, from files that came whole to an image in its place. It is a publication whose files are moved, not copied,
/// and whose folder has the name that it had where it came from: what stands on a disk of it names that folder.
struct Reception {
    let image: TravellingManifest
    let files: [IncomingFile]
    let layout: WarehouseLayout
    /// Whether the name goes on to mean another version.
    let isBeside: Bool
    let flag: CancellationFlag
    let observer: Publication.Observer

    private var manifest: ImageManifest { self.image.manifest }

    /// Receives. The caller holds the lock on the name.
    func run() throws(WarehouseError) {
        let staging = self.layout.images.appending(WarehouseLayout.Temporary.publishing.name(for: self.manifest.name))
        defer { try? Folder.delete(staging) }
        try self.fill(staging)
        try self.withLayers { () throws(WarehouseError) in try self.place(staging) }
        try self.observer(.synchroniseImages)
        try Folder.synchronise(self.layout.folder(of: self.manifest.name))
        try Folder.synchronise(self.layout.images)
    }

    private func fill(_ staging: PlainPath) throws(WarehouseError) {
        try self.observer(.makeFolder)
        try Folder.ensure(staging, mode: 0o700)
        try Folder.ensure(staging.appending(self.image.version))
        let folder = try OpenFile.openTrustedFolder(staging.description)
        let files = try folder.open(self.image.version, .folder)
        try self.observer(.copyDisk)
        for own in self.manifest.ownFiles { try self.move(own, into: files) }
        try self.observer(.writeManifest)
        let bytes = try ManifestCoding.encode(self.manifest)
        try self.observer(.synchronise)
        for place in [files, folder] {
            let file = try place.open(WarehouseLayout.manifestName, .create)
            try file.write(bytes, at: 0)
            try Publication.settle(file)
        }
        for made in [files, folder] {
            try SystemCall.check("set the permissions of", made.path) { fchmod(made.descriptor, 0o755) }
            try made.synchronise()
        }
    }

    private func move(_ own: ImageManifest.OwnFile, into folder: OpenFile) throws(WarehouseError) {
        guard let file = self.files.first(where: { $0.file == own.file }) else {
            throw WarehouseError(.notFound, "the file \(own.file.digest) of \(self.manifest.name) has not come")
        }
        let name = own.path.split(separator: "/").last.map(String.init) ?? own.path
        let placed = try file.place(in: folder, as: name)
        if own.file.role == .disk { try self.inspect(placed) }
    }

    /// Looks at the disk as at any from outside: its digest says only that it is what the sender has.
    private func inspect(_ placed: OpenFile) throws(WarehouseError) {
        let disk = self.manifest.disk
        let found = try DiskInspection.inspectWhole(
            placed,
            format: disk.format,
            standingOn: disk.layers.first?.nameInHeader,
            self.flag
        )
        guard found.virtualSize == disk.virtualSize else {
            throw WarehouseError(
                .unsafeImage,
                "the disk of \(self.manifest.name) is of \(found.virtualSize) bytes, not the \(disk.virtualSize) of the manifest"
            )
        }
    }

    /// Does something while nobody can take away what the disk stands on.
    private func withLayers(_ body: () throws(WarehouseError) -> Void) throws(WarehouseError) {
        guard let nearest = self.manifest.disk.layers.first else { return try body() }
        let lock = try NameLock.wait(nearest.image.name, in: self.layout.locks, atMost: 10, self.flag)
        defer { lock.release() }
        for layer in self.manifest.disk.layers {
            let place = PlainPath(
                components: self.layout.directory.components + (try PlainPath.components(of: layer.path))
            )
            guard Folder.holds(place) else {
                throw WarehouseError(.notFound, "\(layer.image), on which \(self.manifest.name) stands, is not here")
            }
        }
        try body()
    }

    private func place(_ staging: PlainPath) throws(WarehouseError) {
        let place = self.layout.folder(of: self.manifest.name)
        try self.flag.check()
        try self.observer(.placeFiles)
        guard Folder.holds(place) else {
            try self.observer(.rename)
            return try Folder.rename(staging, to: place)
        }
        let files = place.appending(self.image.version)
        if Folder.holds(files) {
            try self.checkSame(files)
        } else {
            try Folder.rename(staging.appending(self.image.version), to: files)
        }
        guard !self.isBeside else { return try self.observer(.rename) }
        try Folder.synchronise(place)
        try self.observer(.rename)
        let manifest = WarehouseLayout.manifestName
        // Where this fails the files stay: the version is whole, and no name means it yet.
        try Folder.rename(staging.appending(manifest), to: place.appending(manifest))
    }

    /// An interrupted reception may have left the folder: it was moved as a whole, so it is right if it says what it is.
    private func checkSame(_ folder: PlainPath) throws(WarehouseError) {
        let manifest = try OpenFile.openTrustedFolder(folder.description).open(WarehouseLayout.manifestName, .read)
        let found = try ManifestCoding.decode(try manifest.readAll(limit: ManifestCoding.maximumBytes))
        guard found.reference == self.manifest.reference else {
            throw WarehouseError(
                .conflict,
                "\(folder) is that of \(found.reference), not of \(self.manifest.reference)"
            )
        }
    }
}
