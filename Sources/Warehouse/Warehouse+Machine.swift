/// A copy of a machine's disk as it was at one instant: an image can be published from it while the machine goes on.
public struct DiskSnapshot: Sendable, Hashable {
    /// The absolute path of the copy.
    public let path: String
    /// Whether it stands on the disk of the machine's image, as an overlay does; else it is whole by itself.
    public let standsOnImage: Bool
}

extension Warehouse {
    /// A version of an image, whether or not its name still means it. Its files are not compared with their digests.
    ///
    /// - Throws: ``WarehouseError/Code/notFound`` when there is no such version any more.
    public func image(_ reference: ImageReference) async throws(WarehouseError) -> WarehouseImage {
        let (layout, roots, catalogue) = (self.layout, self.roots, self.catalogue)
        return try await BlockingWork.run { flag throws(WarehouseError) in
            if let image = try catalogue.listing(named: reference.name, flag)?.image,
                image.manifest.reference == reference
            {
                return image
            }
            guard let version = catalogue.versions(of: reference.name).first(where: { $0.reference == reference })
            else {
                throw WarehouseError(.notFound, "the version \(reference) is not in the warehouse any more")
            }
            let reader = ImageReader(
                path: layout.manifest(of: reference.name),
                source: .published,
                roots: roots,
                warehouse: layout.directory
            )
            return try reader.located(version.manifest)
        }
    }

    /// What the name of a published image means now, if anything; no disk is read.
    public func manifest(named name: String) async throws(WarehouseError) -> ImageManifest? {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.listing(named: name, flag)?.image?.manifest
        }
    }

    /// Copies the disk of a machine that does not write to it: sharing its blocks where the file system can.
    ///
    /// - Parameters:
    ///   - disk: The absolute path of the machine's qcow2 disk.
    ///   - image: The version that the machine was cloned from.
    ///   - path: The absolute path of the copy, in a folder that exists; what is there is replaced.
    /// - Returns: The copy.
    /// - Throws: ``WarehouseError/Code/unsafeImage`` for a disk that stands on something else.
    public func snapshot(
        _ disk: String,
        of image: WarehouseImage,
        to path: String
    ) async throws(WarehouseError) -> DiskSnapshot {
        try await BlockingWork.run { flag throws(WarehouseError) in
            let source = try OpenFile.open(try PlainPath(disk).description, .read)
            let header = try QCOW2Header(parsing: try source.read(count: QCOW2Header.prefixLength, at: 0))
            let backing = DiskBacking(path: image.diskPath, format: image.manifest.disk.format)
            let standsOnImage = header.backingPath != nil
            _ = try DiskInspection.inspect(source, format: .qcow2, standingOn: standsOnImage ? backing : nil)
            try AtomicFile(path: path).make(mode: 0o600, otherwise: .replace) { _ throws(WarehouseError) in
                false
            } write: { file throws(WarehouseError) in
                do throws(WarehouseError) {
                    try DiskClone.reflink(source, to: file)
                } catch  where error.code == .unsupported {
                    try SparseCopy(progress: nil, flag: flag).run(from: source, to: file)
                }
            }
            return DiskSnapshot(path: path, standsOnImage: standsOnImage)
        }
    }
}
