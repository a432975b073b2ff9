import Glibc

/// One publication, from the files of a draft to a folder of images.
///
/// The files are copied into a folder whose name makes it invisible, all of it is made durable, and only then gets its
/// place by a rename. Whoever calls holds the lock on the name.
struct Publication {
    /// The steps, in order; a crash between any two of them leaves the old state or the new one.
    enum Step: Sendable, Hashable, CaseIterable {
        case makeFolder, copyDisk, copyBoot, writeManifest, synchronise, rename, synchroniseImages, deleteReplaced
    }

    /// Sees each step before it is done; an error fails the step.
    typealias Observer = @Sendable (Step) throws(WarehouseError) -> Void

    let draft: ImageDraft
    let layout: WarehouseLayout
    let replaces: Bool
    let progress: WarehouseProgress.Handler?
    let flag: CancellationFlag
    let observer: Observer

    /// Publishes; on an error nothing is left behind.
    func run() throws(WarehouseError) -> ImageManifest {
        let staging = self.layout.images.appending(WarehouseLayout.Temporary.publishing.name(for: self.draft.name))
        do throws(WarehouseError) {
            let manifest = try self.fill(staging)
            try self.place(staging)
            return manifest
        } catch {
            // What cannot be deleted now is deleted by the next publication.
            try? Folder.delete(staging)
            throw error
        }
    }

    private func fill(_ staging: PlainPath) throws(WarehouseError) -> ImageManifest {
        try self.observer(.makeFolder)
        try Folder.ensure(staging, mode: 0o700)
        let folder = try OpenFile.openTrustedFolder(staging.description)
        try self.observer(.copyDisk)
        let disk = try self.copyDisk(into: folder)
        try self.observer(.copyBoot)
        let boot = try self.copyBoot(into: folder)
        let manifest = self.manifest(disk: disk, boot: boot)
        try ManifestRules.check(manifest)
        try self.observer(.writeManifest)
        let file = try folder.open(WarehouseLayout.manifestName, .create)
        try file.write(try ManifestCoding.encode(manifest), at: 0)
        try self.observer(.synchronise)
        try Self.settle(file)
        try SystemCall.check("set the permissions of", folder.path) { fchmod(folder.descriptor, 0o755) }
        try folder.synchronise()
        return manifest
    }

    private func place(_ staging: PlainPath) throws(WarehouseError) {
        let place = self.layout.folder(of: self.draft.name)
        let isTaken = Folder.holds(place)
        guard self.replaces || !isTaken else { throw Self.nameTaken(self.draft.name) }
        try self.flag.check()
        try self.observer(.rename)
        if isTaken {
            try Folder.exchange(staging, place)
        } else {
            try Folder.rename(staging, to: place)
        }
        // From here on the image is published: nothing that fails now takes it back, and all of it can be done later.
        do throws(WarehouseError) {
            try self.observer(.synchroniseImages)
            try Folder.synchronise(self.layout.images)
            try self.observer(.deleteReplaced)
            if isTaken { try Folder.delete(staging) }
        } catch {
            throw WarehouseError(error.code, "\(self.draft.name) is published, but: \(error.message)")
        }
    }

    static func nameTaken(_ name: String) -> WarehouseError {
        WarehouseError(.nameTaken, "there is an image \(name) already; choose another name, or say that it is replaced")
    }

    private func copyDisk(into folder: OpenFile) throws(WarehouseError) -> DiskFile {
        let source = try OpenFile.open(self.draft.disk, .read)
        // Before the copy, so that a wrong file costs nothing; after it, because only the copy is sure not to change.
        _ = try DiskInspection.inspect(source, format: self.draft.format)
        let name = "disk." + self.draft.format.rawValue
        let (copy, digest, bytes) = try self.copy(source, .disk, into: folder, as: name)
        let found = try DiskInspection.inspectWhole(copy, format: self.draft.format, self.flag)
        return DiskFile(
            path: name,
            format: self.draft.format,
            virtualSize: found.virtualSize,
            bytes: bytes,
            digest: digest
        )
    }

    private func copyBoot(into folder: OpenFile) throws(WarehouseError) -> ImageBoot? {
        guard let boot = self.draft.boot else { return nil }
        let kernel = try self.copyBootFile(boot.kernel, .kernel, into: folder)
        var initrd: BootFile?
        if let path = boot.initrd { initrd = try self.copyBootFile(path, .initrd, into: folder) }
        return ImageBoot(kernel: kernel, initrd: initrd, commandLine: boot.commandLine)
    }

    private func copyBootFile(
        _ path: String,
        _ role: ImageFileRole,
        into folder: OpenFile
    ) throws(WarehouseError) -> BootFile {
        let source = try OpenFile.open(path, .read)
        let (_, digest, bytes) = try self.copy(source, role, into: folder, as: role.rawValue)
        return BootFile(path: role.rawValue, bytes: bytes, digest: digest)
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
    private static func settle(_ file: OpenFile) throws(WarehouseError) {
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
            description: self.draft.description
        )
    }
}
