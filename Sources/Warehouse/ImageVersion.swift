public import FoundationEssentials

/// A version of a published image as it lies in the warehouse: the one that its name means now, or an older one.
public struct ImageVersion: Sendable, Hashable {
    /// What it is.
    public let manifest: ImageManifest
    /// Whether its name means this version.
    public let isCurrent: Bool
    /// The bytes that its own files take, without what it stands on.
    public let bytes: Int
    /// When a machine was last cloned from it, else when it was published.
    public let lastUse: Date
    /// The machines that plants have noted on it.
    public let holders: [ImageHolder]
    /// The name of the folder of its files; nothing for one of an earlier form, with its files beside the manifest.
    let folder: String?

    /// The image's name and the version's digest.
    public var reference: ImageReference { self.manifest.reference }

    /// The versions of images that it stands on, the nearest first.
    public var standsOn: [ImageReference] { self.manifest.disk.layers.map(\.image) }
}

extension Warehouse {
    /// All versions of all published images whose manifests can be read: by name, the current one first.
    public func versions() async throws(WarehouseError) -> [ImageVersion] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in try catalogue.versions(flag) }
    }

    /// The current versions of the images that were made between two actions of machines, by requests or by plants themselves.
    public func checkpointVersions() async throws(WarehouseError) -> [ImageVersion] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            let names = try catalogue.withIndex(flag) { $0.checkpointNames }
            return names.compactMap { catalogue.versions(of: $0).first(where: \.isCurrent) }
        }
    }
}

extension Catalogue {
    /// All versions of all published images whose manifests can be read.
    func versions(_ flag: CancellationFlag) throws(WarehouseError) -> [ImageVersion] {
        var found: [ImageVersion] = []
        for name in try self.publishedNames() where ImageName.isValid(name) {
            try flag.check()
            found += self.versions(of: name)
        }
        return found
    }

    /// The versions of one image, the current one first, then the newest.
    func versions(of name: String) -> [ImageVersion] {
        let current = self.manifest(at: self.layout.manifest(of: name))
        let folders = (try? Folder.names(in: self.layout.folder(of: name)))?.filter(WarehouseLayout.isVersion) ?? []
        let inUse = current.flatMap { current in folders.first { current.usesFolder($0) } }
        var found: [ImageVersion] = []
        if let current { found.append(self.version(name, current, inUse, isCurrent: true)) }
        let older = folders.filter { $0 != inUse }.compactMap { folder in
            self.manifest(at: self.layout.manifest(of: name, version: folder))
                .map { self.version(name, $0, folder, isCurrent: false) }
        }
        return found + older.sorted { $0.manifest.published > $1.manifest.published }
    }

    private func version(_ name: String, _ manifest: ImageManifest, _ folder: String?, isCurrent: Bool) -> ImageVersion
    {
        let place = folder.map { self.layout.folder(of: name).appending($0) } ?? self.layout.folder(of: name)
        return ImageVersion(
            manifest: manifest,
            isCurrent: isCurrent,
            bytes: Folder.allocatedBytes(in: place),
            lastUse: UseMark(folder: place).date ?? manifest.published,
            holders: Self.holders(in: place),
            folder: folder
        )
    }

    /// Where they cannot be listed there may be some.
    static func holders(in place: PlainPath) -> [ImageHolder] {
        do throws(WarehouseError) { return try HolderMarks(folder: place).holders() } catch {
            return [ImageHolder(machine: "an unknown machine", plant: "a plant (\(error.message))")]
        }
    }

    private func manifest(at path: PlainPath) -> ImageManifest? {
        do throws(WarehouseError) {
            let file = try self.roots.open(path)
            return try ManifestCoding.decode(try file.readAll(limit: ManifestCoding.maximumBytes))
        } catch {
            return nil
        }
    }
}
