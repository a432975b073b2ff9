/// A version of an image that others may fetch.
public struct OfferedImage: Sendable, Hashable {
    /// The version.
    public let reference: ImageReference
    /// All files that a machine of it needs, those that it stands on too.
    public let files: [TransferFile]
}

/// A file of a version, open to be read.
public struct OfferedBytes: Sendable {
    private let file: OpenFile
    /// Its size in bytes.
    public let bytes: Int

    init(_ file: OpenFile) throws(WarehouseError) {
        self.file = file
        self.bytes = try file.regularFileSize()
    }

    /// Reads `count` bytes from `offset` on.
    ///
    /// - Throws: ``WarehouseError``; `damaged` when there are fewer.
    public func read(_ count: Int, at offset: Int) async throws(WarehouseError) -> [UInt8] {
        let file = self.file
        return try await BlockingWork.run { _ throws(WarehouseError) in
            let bytes = try file.read(count: count, at: offset)
            guard bytes.count == count else { throw WarehouseError(.damaged, "\(file.path) ends too soon") }
            return bytes
        }
    }
}

extension Warehouse {
    /// The images that others may fetch: those that can be used, and that are right wherever they lie.
    public func offers() async throws(WarehouseError) -> [OfferedImage] {
        var offers: [OfferedImage] = []
        for listing in try await self.images() {
            guard let image = listing.image,
                (try? TravellingManifest(sending: image.manifest)) != nil,
                let files = try? image.files().map(TransferFile.init)
            else { continue }
            offers.append(OfferedImage(reference: image.manifest.reference, files: files))
        }
        return offers.sorted { $0.reference.name < $1.reference.name }
    }

    /// The manifest of a version, current or older, in the form in which it travels.
    ///
    /// - Throws: ``WarehouseError/Code/notFound`` when it is not here, or cannot be used.
    public func travellingManifest(of version: ImageReference) async throws(WarehouseError) -> [UInt8] {
        try ManifestCoding.encode(TravellingManifest(sending: try await self.held(version).manifest).manifest)
    }

    /// A file of a version. Its path is that of the manifest here; nothing of it comes from who asks.
    ///
    /// - Throws: ``WarehouseError/Code/notFound`` when the version is not here, or has no such file.
    public func openFile(_ digest: String, of version: ImageReference) async throws(WarehouseError) -> OfferedBytes {
        let image = try await self.held(version)
        let roots = self.roots
        return try await BlockingWork.run { _ throws(WarehouseError) in
            guard let file = try image.files().first(where: { $0.role != .layer && $0.digest == digest }) else {
                throw WarehouseError(.notFound, "\(version) has no file \(digest)")
            }
            let open = try OfferedBytes(try roots.open(file.path))
            guard open.bytes == file.bytes else { throw WarehouseError(.damaged, "\(file.path) has another size") }
            return open
        }
    }

    /// A version that is here, whether or not its name means it now. It was read, or is read now, where images are verified.
    func held(_ version: ImageReference) async throws(WarehouseError) -> WarehouseImage {
        let catalogue = self.catalogue
        let image = try await BlockingWork.run { flag throws(WarehouseError) -> WarehouseImage? in
            if let current = try catalogue.listing(named: version.name, flag)?.image,
                current.manifest.reference == version
            {
                return current
            }
            return try catalogue.older(version)
        }
        guard let image else { throw WarehouseError(.notFound, "there is no \(version) in the warehouse") }
        try await self.ledger?.check(image, beneath: self.roots)
        return image
    }
}

extension Catalogue {
    /// A published version that its name does not mean any more.
    func older(_ version: ImageReference) throws(WarehouseError) -> WarehouseImage? {
        guard ImageName.isValid(version.name) else { return nil }
        for stored in self.versions(of: version.name) where stored.manifest.reference == version {
            let reader = ImageReader(
                path: self.layout.manifest(of: version.name),
                source: .published,
                roots: self.roots,
                warehouse: self.layout.directory
            )
            return try reader.located(stored.manifest)
        }
        return nil
    }
}
