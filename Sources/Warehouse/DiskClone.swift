/// Disks of machines: copy-on-write overlays over images, and empty disks.
///
/// Everything is written by this process, with no child process: an overlay takes three short writes, and is as
/// fast whatever the image's size. Making one that is there already, with the same base and size, is fine: a plant may
/// repeat every step after a crash. Empty disks appear whole or not at all; of an overlay a crash of the host may leave a part,
/// which is removed by who recorded that it was to be made.
public enum DiskClone {
    /// Makes a qcow2 overlay over an image.
    ///
    /// - Parameters:
    ///   - base: the absolute path of the image's disk; it must be an ordinary file and whole by itself.
    ///   - format: the base's format; it is written into the overlay, so that nobody ever guesses it.
    ///   - path: the absolute path of the overlay; its folder must exist.
    ///   - virtualSize: the new disk's size in bytes, at least the base's and a multiple of 512; nothing for the base's.
    /// - Returns: the new disk's virtual size in bytes.
    /// - Throws: ``WarehouseError``, with the code `conflict` when another file is at `path`.
    @discardableResult
    public static func createOverlay(
        base: String,
        format: ImageFormat,
        at path: String,
        virtualSize: Int? = nil
    ) async throws(WarehouseError) -> Int {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try flag.check()
            return try self.writeOverlay(base: base, format: format, at: path, virtualSize: virtualSize)
        }
    }

    /// Makes an empty disk.
    ///
    /// - Parameters:
    ///   - path: the absolute path of the disk; its folder must exist.
    ///   - format: qcow2, or raw (a sparse file).
    ///   - virtualSize: the disk's size in bytes, a multiple of 512.
    /// - Throws: ``WarehouseError``, with the code `conflict` when another file is at `path`.
    public static func createEmpty(
        at path: String,
        format: ImageFormat,
        virtualSize: Int
    ) async throws(WarehouseError) {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try flag.check()
            try self.writeEmpty(at: path, format: format, virtualSize: virtualSize)
        }
    }

    /// Removes an overlay or an empty disk and what an interrupted call left of it; fine when there is none.
    public static func remove(at path: String) async throws(WarehouseError) {
        try await BlockingWork.run { _ throws(WarehouseError) in try AtomicFile(path: path).remove() }
    }

    /// The same over a base that itself stands on another disk.
    static func createOverlay(
        base: ImageFile,
        at path: String,
        virtualSize: Int
    ) async throws(WarehouseError) {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try flag.check()
            _ = try self.writeOverlay(
                base: base.path.description,
                format: base.disk?.format ?? .raw,
                standingOn: base.disk?.backing,
                at: path,
                virtualSize: virtualSize
            )
        }
    }

    static func writeOverlay(
        base: String,
        format: ImageFormat,
        standingOn backing: DiskBacking? = nil,
        at path: String,
        virtualSize: Int?
    ) throws(WarehouseError) -> Int {
        let basePath = try PlainPath(base).description
        guard basePath.utf8.count <= 1023 else {
            throw WarehouseError(.unsafePath, "the base's path is of \(basePath.utf8.count) bytes; qcow2 allows 1023")
        }
        let found = try DiskInspection.inspect(try OpenFile.open(basePath, .read), format: format, standingOn: backing)
        let size = virtualSize ?? found.virtualSize
        guard size >= found.virtualSize else {
            throw WarehouseError(
                .invalidDraft,
                "a disk of \(size) bytes over an image of \(found.virtualSize) bytes: an overlay cannot be smaller"
            )
        }
        let layout = QCOW2Layout(virtualSize: size, backing: .init(path: basePath, format: format))
        try self.checkSize(size)
        try PlacedFile(path: path).make(mode: 0o600) { file throws(WarehouseError) in
            try self.is(file, layout)
        } write: { file throws(WarehouseError) in
            try self.write(layout, into: file)
        }
        return size
    }

    static func writeEmpty(at path: String, format: ImageFormat, virtualSize: Int) throws(WarehouseError) {
        switch format {
        case .qcow2:
            let layout = QCOW2Layout(virtualSize: virtualSize, backing: nil)
            try self.checkSize(virtualSize)
            try AtomicFile(path: path).make(mode: 0o600, otherwise: .refuse) { file throws(WarehouseError) in
                try self.is(file, layout)
            } write: { file throws(WarehouseError) in
                try self.write(layout, into: file)
            }
        case .raw:
            try self.checkSize(virtualSize)
            try AtomicFile(path: path).make(mode: 0o600, otherwise: .refuse) { file throws(WarehouseError) in
                try file.regularFileSize() == virtualSize
            } write: { file throws(WarehouseError) in
                try file.resize(to: virtualSize)
            }
        }
    }

    private static func write(_ layout: QCOW2Layout, into file: OpenFile) throws(WarehouseError) {
        try file.resize(to: layout.fileSize)
        for extent in layout.extents { try file.write(extent.bytes, at: extent.offset) }
    }

    /// Whether `file` is a disk of that layout; the guest may have written to it meanwhile.
    private static func `is`(_ file: OpenFile, _ layout: QCOW2Layout) throws(WarehouseError) -> Bool {
        let bytes = try file.read(count: QCOW2Header.prefixLength, at: 0)
        let header: QCOW2Header
        do { header = try QCOW2Header(parsing: bytes) } catch { return false }
        return header.virtualSize == layout.virtualSize && header.backingPath == layout.backing?.path
            && header.backingFormat == layout.backing?.format.rawValue
    }

    private static func checkSize(_ size: Int) throws(WarehouseError) {
        guard size > 0, size % 512 == 0, size <= QCOW2Header.maximumVirtualSize else {
            throw WarehouseError(
                .invalidDraft,
                "a disk of \(size) bytes: the size must be a multiple of 512, above 0 and at most 64 TiB"
            )
        }
    }
}
