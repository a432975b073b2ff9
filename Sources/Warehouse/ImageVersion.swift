/// A version of a published image as it lies in the warehouse: the one that its name means now, or an older one.
struct StoredVersion: Sendable, Hashable {
    /// The image's name.
    let image: String
    /// The name of the folder of its files; nothing for one of an earlier form, with its files beside the manifest.
    let folder: String?
    /// What it is.
    let manifest: ImageManifest
    /// Whether its name means this version.
    let isCurrent: Bool
}

extension Catalogue {
    /// All versions of all published images whose manifests can be read.
    func versions(_ flag: CancellationFlag) throws(WarehouseError) -> [StoredVersion] {
        var found: [StoredVersion] = []
        for name in try self.publishedNames() where ImageName.isValid(name) {
            try flag.check()
            found += self.versions(of: name)
        }
        return found
    }

    /// The versions of one image, the current one first.
    func versions(of name: String) -> [StoredVersion] {
        let folder = self.layout.folder(of: name)
        let current = self.manifest(at: self.layout.manifest(of: name))
        let folders = (try? Folder.names(in: folder))?.filter(WarehouseLayout.isVersion) ?? []
        var found: [StoredVersion] = []
        if let current {
            let inUse = folders.first { current.usesFolder($0) }
            found.append(StoredVersion(image: name, folder: inUse, manifest: current, isCurrent: true))
        }
        for version in folders where found.first?.folder != version {
            guard let manifest = self.manifest(at: self.layout.manifest(of: name, version: version)) else { continue }
            found.append(StoredVersion(image: name, folder: version, manifest: manifest, isCurrent: false))
        }
        return found
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
