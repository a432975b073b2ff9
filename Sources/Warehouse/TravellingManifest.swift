/// A manifest in the form in which it travels: every file of its own is in one folder `version-<16 digits>`, every disk that
/// it stands on in such a folder of another image. Then it is right wherever it arrives, letter for letter.
struct TravellingManifest: Sendable, Hashable {
    let manifest: ImageManifest
    /// The folder of its files.
    let version: String

    /// The manifest of an image that is here; one that lies in another form gets a new folder in its words.
    ///
    /// - Throws: ``WarehouseError/Code/unsupported`` when it stands on a disk that is not in a version's folder.
    init(sending manifest: ImageManifest) throws(WarehouseError) {
        try Self.checkLayers(of: manifest)
        if let version = Self.version(of: manifest) {
            self.manifest = manifest
            self.version = version
        } else {
            let digits = manifest.contentDigest.dropFirst("sha256:".count).prefix(16)
            self.version = "version-" + digits
            self.manifest = manifest.inFolder(self.version)
        }
    }

    /// A manifest that came from elsewhere. Nothing in it is believed that it can say of places.
    ///
    /// - Parameters:
    ///   - bytes: What came.
    ///   - reference: The version that was asked for.
    /// - Throws: ``WarehouseError/Code/damaged`` with what is wrong.
    init(receiving bytes: [UInt8], as reference: ImageReference) throws(WarehouseError) {
        let manifest = try ManifestCoding.decode(bytes)
        guard manifest.reference == reference else {
            throw WarehouseError(.damaged, "the manifest is that of \(manifest.reference), not of \(reference)")
        }
        try Self.checkLayers(of: manifest)
        guard let version = Self.version(of: manifest) else {
            throw WarehouseError(
                .damaged,
                "the manifest of \(reference) has files that are not in the folder of a version"
            )
        }
        self.manifest = manifest
        self.version = version
    }

    /// The folder that all files of its own are in, if it is one.
    private static func version(of manifest: ImageManifest) -> String? {
        let paths = manifest.ownFiles.map(\.path)
        let folders = paths.map { path -> String? in
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 && Self.isPlain(parts[1]) ? parts[0] : nil
        }
        guard let first = folders[0], Self.isVersion(first), folders.allSatisfy({ $0 == first }) else { return nil }
        return Set(paths).count == paths.count ? first : nil
    }

    private static func checkLayers(of manifest: ImageManifest) throws(WarehouseError) {
        for layer in manifest.disk.layers {
            let parts = layer.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, parts[0] == "images", parts[1] == layer.image.name, Self.isVersion(parts[2]),
                Self.isPlain(parts[3])
            else {
                throw WarehouseError(
                    .unsupported,
                    "\(manifest.name) stands on \(layer.path), which is not in the folder of a version of \(layer.image.name)"
                )
            }
        }
    }

    private static func isVersion(_ name: String) -> Bool {
        let digits = name.utf8.dropFirst("version-".utf8.count)
        return name.hasPrefix("version-") && digits.count == 16
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Whether a name is one that a file of an image may have: no manifest, nothing hidden.
    private static func isPlain(_ name: String) -> Bool {
        ImageName.isValid(name) && name != WarehouseLayout.manifestName
    }
}

extension ImageManifest {
    /// A file of its own, and where the manifest says it is.
    struct OwnFile: Sendable, Hashable {
        let file: TransferFile
        let path: String
    }

    /// The files of its own, the disk first.
    var ownFiles: [OwnFile] {
        let disk = TransferFile(role: .disk, digest: self.disk.digest, bytes: self.disk.bytes)
        var files = [OwnFile(file: disk, path: self.disk.path)]
        let others: [(ImageFileRole, BootFile?)] = [
            (.kernel, self.boot?.kernel), (.initrd, self.boot?.initrd), (.state, self.memory?.state),
            (.ram, self.memory?.ram),
        ]
        for (role, file) in others {
            guard let file else { continue }
            let travelling = TransferFile(role: role, digest: file.digest, bytes: file.bytes)
            files.append(OwnFile(file: travelling, path: file.path))
        }
        return files
    }

    /// The same image with its files in a folder, under names of our own.
    func inFolder(_ folder: String) -> ImageManifest {
        func moved(_ file: BootFile, _ role: ImageFileRole) -> BootFile {
            BootFile(path: folder + "/" + role.rawValue, bytes: file.bytes, digest: file.digest)
        }
        let disk = DiskFile(
            path: folder + "/disk." + self.disk.format.rawValue,
            format: self.disk.format,
            virtualSize: self.disk.virtualSize,
            bytes: self.disk.bytes,
            digest: self.disk.digest,
            layers: self.disk.layers
        )
        let boot = self.boot.map { boot in
            ImageBoot(
                kernel: moved(boot.kernel, .kernel),
                initrd: boot.initrd.map { moved($0, .initrd) },
                commandLine: boot.commandLine
            )
        }
        var moving = ImageManifest(
            formatVersion: self.formatVersion,
            name: self.name,
            disk: disk,
            boot: boot,
            hardware: self.hardware,
            operatingSystem: self.operatingSystem,
            guest: self.guest,
            history: self.history,
            published: self.published,
            description: self.description,
            parent: self.parent,
            origin: self.origin
        )
        moving.memory = self.memory.map { memory in
            MemoryState(
                kind: memory.kind,
                memory: memory.memory,
                cpus: memory.cpus,
                host: memory.host,
                state: moved(memory.state, .state),
                ram: memory.ram.map { moved($0, .ram) }
            )
        }
        return moving
    }
}
