extension Warehouse {
    /// Lets a name mean an older version again: the undo of a replacement.
    ///
    /// - Parameters:
    ///   - name: the image's name.
    ///   - digest: the version's content digest, or the beginning of it; nothing for the newest of the older ones.
    /// - Returns: the version that the name means now.
    /// - Throws: ``WarehouseError``: `notFound` when there is no such version, `busy` when somebody else is at work on it.
    public func rollBack(_ name: String, to digest: String? = nil) async throws(WarehouseError) -> ImageReference {
        try ImageName.check(name)
        let (layout, catalogue) = (self.layout, self.catalogue)
        return try await BlockingWork.run { _ throws(WarehouseError) in
            let lock = try self.lock(name)
            defer { lock.release() }
            let older = catalogue.versions(of: name).filter { !$0.isCurrent && $0.folder != nil }
            guard let version = older.first(where: { Self.matches($0, digest) }), let folder = version.folder else {
                let known = older.map(\.reference.description).joined(separator: ", ")
                throw WarehouseError(
                    .notFound,
                    "\(name) has no \(digest.map { "other version \($0)" } ?? "older version")"
                        + (known.isEmpty ? "" : "; there are \(known)")
                )
            }
            let bytes = try OpenFile.open(layout.manifest(of: name, version: folder).description, .read)
                .readAll(limit: ManifestCoding.maximumBytes)
            try AtomicFile(path: layout.manifest(of: name).description)
                .make(mode: 0o444, otherwise: .replace) { _ throws(WarehouseError) in
                    false
                } write: { file throws(WarehouseError) in
                    try file.write(bytes, at: 0)
                }
            return version.reference
        }
    }

    private static func matches(_ version: ImageVersion, _ digest: String?) -> Bool {
        guard let digest else { return true }
        let plain = digest.hasPrefix("sha256:") ? digest : "sha256:" + digest
        return plain.count >= "sha256:".count + 4 && version.reference.digest.hasPrefix(plain)
    }
}
