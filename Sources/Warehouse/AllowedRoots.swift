/// The folders beneath which files named from outside may be.
///
/// A file is looked up by the kernel beneath one of them, and no component may be a symbolic link: what is in the folders
/// cannot lead out of them, however it is changed meanwhile.
struct AllowedRoots: Sendable, Hashable {
    let folders: [PlainPath]

    /// Opens the file at `path` to read it.
    func open(_ path: PlainPath) throws(WarehouseError) -> OpenFile {
        guard let (root, components) = self.split(path) else {
            let allowed = self.folders.map(\.description).joined(separator: ", ")
            throw WarehouseError(.unsafePath, "\(path) is not beneath a folder that images may be in (\(allowed))")
        }
        return try OpenFile.openTrustedFolder(root.description).openBeneath(components)
    }

    private func split(_ path: PlainPath) -> (root: PlainPath, components: [String])? {
        for root in self.folders {
            if let components = path.components(beneath: root) { return (root, components) }
        }
        return nil
    }
}
