import Glibc

/// One publication, from the files of a draft to a folder of images.
///
/// The files are copied into a folder whose name makes it invisible, all of it is made durable, and only then gets its
/// place by a rename. The files of each version of an image are in a folder of their own, `images/<name>/<version>/`, whose
/// name is never used again: what stands on a file of that path never sees other bytes. So an image is replaced by the
/// rename of its manifest alone. Whoever calls holds the lock on the name.
struct Publication {
    /// The steps, in order; a crash between any two of them leaves the old state or the new one.
    enum Step: Sendable, Hashable, CaseIterable {
        case makeFolder, copyDisk, copyBoot, writeManifest, synchronise, placeFiles, rename, synchroniseImages
        case deleteReplaced
    }

    /// Sees each step before it is done; an error fails the step.
    typealias Observer = @Sendable (Step) throws(WarehouseError) -> Void

    let draft: ImageDraft
    let layout: WarehouseLayout
    let replaces: Bool
    let progress: WarehouseProgress.Handler?
    let flag: CancellationFlag
    let observer: Observer
    /// The name of the folder of this version's files.
    private let version = WarehouseLayout.newVersion()

    /// Publishes; on an error nothing is left behind. Versions that are replaced stay; ``deleteReplaced(keeping:)``.
    func run() throws(WarehouseError) -> ImageManifest {
        let staging = self.layout.images.appending(WarehouseLayout.Temporary.publishing.name(for: self.draft.name))
        // What cannot be deleted now is deleted by the next publication.
        defer { try? Folder.delete(staging) }
        let manifest = try self.fill(staging)
        try self.withBase { () throws(WarehouseError) in try self.place(staging) }
        // From here on the image is published: nothing that fails now takes it back, and all of it can be done later.
        try self.afterwards { () throws(WarehouseError) in
            try self.observer(.synchroniseImages)
            try Folder.synchronise(self.layout.folder(of: self.draft.name))
            try Folder.synchronise(self.layout.images)
        }
        return manifest
    }

    /// Deletes the older versions of the image, and what interrupted publications left among them.
    func deleteReplaced(keeping manifest: ImageManifest) throws(WarehouseError) {
        try self.afterwards { () throws(WarehouseError) in
            try self.observer(.deleteReplaced)
            try Folder.deleteAll(in: self.layout.folder(of: self.draft.name)) {
                $0 != WarehouseLayout.manifestName && !manifest.usesFolder($0)
            }
        }
    }

    private func afterwards(_ body: () throws(WarehouseError) -> Void) throws(WarehouseError) {
        do throws(WarehouseError) { try body() } catch {
            throw WarehouseError(error.code, "\(self.draft.name) is published, but: \(error.message)")
        }
    }

    private func fill(_ staging: PlainPath) throws(WarehouseError) -> ImageManifest {
        try self.observer(.makeFolder)
        try Folder.ensure(staging, mode: 0o700)
        try Folder.ensure(staging.appending(self.version))
        let folder = try OpenFile.openTrustedFolder(staging.description)
        let files = try folder.open(self.version, .folder)
        try self.observer(.copyDisk)
        let disk = try self.copyDisk(into: files)
        try self.observer(.copyBoot)
        let boot = try self.copyBoot(into: files)
        let memory = try self.copyMemory(into: files)
        var manifest = self.manifest(disk: disk, boot: boot)
        manifest.memory = memory
        try ManifestRules.check(manifest)
        try self.observer(.writeManifest)
        let bytes = try ManifestCoding.encode(manifest)
        try self.observer(.synchronise)
        // One says what the version is, the other one which version counts.
        for place in [files, folder] {
            let file = try place.open(WarehouseLayout.manifestName, .create)
            try file.write(bytes, at: 0)
            try Self.settle(file)
        }
        for made in [files, folder] {
            try SystemCall.check("set the permissions of", made.path) { fchmod(made.descriptor, 0o755) }
            try made.synchronise()
        }
        return manifest
    }

    /// Does something while nobody can take the base away: the new image counts as standing on it from its place on.
    private func withBase(_ body: () throws(WarehouseError) -> Void) throws(WarehouseError) {
        guard let base = self.draft.base, base.source == .published else { return try body() }
        let lock = try NameLock.wait(base.manifest.name, in: self.layout.locks, atMost: 10, self.flag)
        defer { lock.release() }
        guard Folder.holds(try PlainPath(base.diskPath)) else {
            throw WarehouseError(
                .notFound,
                "the image \(base.manifest.name), on which the disk stands, is not there any more"
            )
        }
        try body()
    }

    private func place(_ staging: PlainPath) throws(WarehouseError) {
        let place = self.layout.folder(of: self.draft.name)
        let isTaken = Folder.holds(place)
        guard self.replaces || !isTaken else { throw Self.nameTaken(self.draft.name) }
        try self.flag.check()
        try self.observer(.placeFiles)
        guard isTaken else {
            try self.observer(.rename)
            return try Folder.rename(staging, to: place)
        }
        let files = place.appending(self.version)
        try Folder.rename(staging.appending(self.version), to: files)
        do throws(WarehouseError) {
            try Folder.synchronise(place)
            try self.observer(.rename)
            let manifest = WarehouseLayout.manifestName
            try Folder.rename(staging.appending(manifest), to: place.appending(manifest))
        } catch {
            try? Folder.delete(files)
            throw error
        }
    }

    static func nameTaken(_ name: String) -> WarehouseError {
        WarehouseError(.nameTaken, "there is an image \(name) already; choose another name, or say that it is replaced")
    }

    private func copyDisk(into folder: OpenFile) throws(WarehouseError) -> DiskFile {
        let source = try OpenFile.open(self.draft.disk, .read)
        let backing = self.draft.base.map { DiskBacking(path: $0.diskPath, format: $0.manifest.disk.format) }
        let layers = try self.layers()
        // Before the copy, so that a wrong file costs nothing; after it, because only the copy is sure not to change.
        _ = try DiskInspection.inspect(source, format: self.draft.format, standingOn: backing)
        let name = "disk." + self.draft.format.rawValue
        var (copy, digest, bytes) = try self.copy(source, .disk, into: folder, as: name)
        if let layer = layers.first {
            try QCOW2Rebase(file: copy).stand(on: layer.nameInHeader)
            try copy.synchronise()
            (digest, bytes) = try FileCopy(phase: .verifying, role: .disk, progress: nil, flag: self.flag)
                .run(from: copy, to: nil)
        }
        let found = try DiskInspection.inspectWhole(
            copy,
            format: self.draft.format,
            standingOn: layers.first?.nameInHeader,
            self.flag
        )
        return DiskFile(
            path: self.version + "/" + name,
            format: self.draft.format,
            virtualSize: found.virtualSize,
            bytes: bytes,
            digest: digest,
            layers: layers
        )
    }

    /// What the disk will stand on: the base's disk, and all that is beneath it.
    private func layers() throws(WarehouseError) -> [DiskLayer] {
        guard let base = self.draft.base else { return [] }
        let disk = base.manifest.disk
        let path = try PlainPath(base.diskPath)
        let inside = path.components(beneath: self.layout.directory)?.joined(separator: "/")
        let layer = DiskLayer(
            image: base.manifest.reference,
            path: inside ?? path.description,
            format: disk.format,
            virtualSize: disk.virtualSize,
            bytes: disk.bytes,
            digest: disk.digest
        )
        guard disk.layers.count < DiskLayer.maximumDepth else {
            throw WarehouseError(
                .invalidDraft,
                "\(self.draft.name) would stand on \(disk.layers.count + 1) disks, one on the other; "
                    + "\(DiskLayer.maximumDepth) are allowed: flatten its disk with `qemu-img convert -O qcow2`"
            )
        }
        return [layer] + disk.layers
    }

    private func copyBoot(into folder: OpenFile) throws(WarehouseError) -> ImageBoot? {
        guard let boot = self.draft.boot else { return nil }
        let kernel = try self.copyBootFile(boot.kernel, .kernel, into: folder)
        var initrd: BootFile?
        if let path = boot.initrd { initrd = try self.copyBootFile(path, .initrd, into: folder) }
        return ImageBoot(kernel: kernel, initrd: initrd, commandLine: boot.commandLine)
    }

    private func copyMemory(into folder: OpenFile) throws(WarehouseError) -> MemoryState? {
        guard let draft = self.draft.memory else { return nil }
        var ram: BootFile?
        if let path = draft.ram { ram = try self.copyBootFile(path, .ram, into: folder) }
        return MemoryState(
            kind: draft.kind,
            memory: draft.memory,
            cpus: draft.cpus,
            host: draft.host,
            state: try self.copyBootFile(draft.state, .state, into: folder),
            ram: ram
        )
    }

    private func copyBootFile(
        _ path: String,
        _ role: ImageFileRole,
        into folder: OpenFile
    ) throws(WarehouseError) -> BootFile {
        let source = try OpenFile.open(path, .read)
        let (_, digest, bytes) = try self.copy(source, role, into: folder, as: role.rawValue)
        return BootFile(path: self.version + "/" + role.rawValue, bytes: bytes, digest: digest)
    }

    private func copy(
        _ source: OpenFile,
        _ role: ImageFileRole,
        into folder: OpenFile,
        as name: String
    ) throws(WarehouseError) -> (copy: OpenFile, digest: String, bytes: Int) {
        let copy = try folder.open(name, .create)
        let pass = FileCopy(phase: .copying, role: role, progress: self.progress, flag: self.flag)
        let (digest, bytes) = try pass.run(from: source, to: copy)
        try Self.settle(copy)
        return (copy, digest, bytes)
    }

    /// Makes a file durable, readable for the hypervisor and writable for nobody.
    static func settle(_ file: OpenFile) throws(WarehouseError) {
        try SystemCall.check("set the permissions of", file.path) { fchmod(file.descriptor, 0o444) }
        try file.synchronise()
    }

    private func manifest(disk: DiskFile, boot: ImageBoot?) -> ImageManifest {
        ImageManifest(
            formatVersion: ImageManifest.currentFormatVersion,
            name: self.draft.name,
            disk: disk,
            boot: boot,
            hardware: self.draft.hardware,
            operatingSystem: self.draft.operatingSystem,
            guest: self.draft.guest,
            history: self.draft.history,
            published: self.draft.published,
            description: self.draft.description,
            parent: self.draft.parent,
            origin: self.draft.origin
        )
    }
}
