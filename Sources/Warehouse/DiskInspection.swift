/// What was found out about a disk file by looking at it.
struct DiskInspection: Sendable, Hashable {
    /// The disk's size in bytes, as the guest sees it.
    let virtualSize: Int
    /// The file's size in bytes.
    let bytes: Int

    /// Looks at an open disk file of the stated format; its content never changes how it is looked at.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - format: its format.
    ///   - backing: the disk that it must stand on; nothing for one that is whole by itself.
    /// - Returns: what was found.
    /// - Throws: ``WarehouseError/Code/unsafeImage`` with the file's path and the reason.
    static func inspect(
        _ file: OpenFile,
        format: ImageFormat,
        standingOn backing: DiskBacking? = nil
    ) throws(WarehouseError) -> DiskInspection {
        let size = try file.regularFileSize()
        do throws(WarehouseError) {
            switch format {
            case .raw:
                guard backing == nil else { throw QCOW2Header.refusal("a raw file stands on nothing") }
                try RawDisk.check(prefix: try file.read(count: RawDisk.prefixLength, at: 0), size: size)
                return DiskInspection(virtualSize: size, bytes: size)
            case .qcow2:
                let header = try QCOW2Header(parsing: try file.read(count: QCOW2Header.prefixLength, at: 0))
                if let backing {
                    try header.check(standingOn: backing, fileSize: size)
                } else {
                    try header.checkStandalone(fileSize: size)
                }
                return DiskInspection(virtualSize: header.virtualSize, bytes: size)
            }
        } catch {
            throw WarehouseError(error.code, "\(file.path): \(error.message)")
        }
    }

    /// Looks at all that the tables of an open disk file name, besides its header: for a file that comes from outside.
    static func inspectWhole(
        _ file: OpenFile,
        format: ImageFormat,
        standingOn backing: DiskBacking? = nil,
        _ flag: CancellationFlag
    ) throws(WarehouseError) -> DiskInspection {
        let found = try Self.inspect(file, format: format, standingOn: backing)
        guard format == .qcow2 else { return found }
        do throws(WarehouseError) {
            let header = try QCOW2Header(parsing: try file.read(count: QCOW2Header.prefixLength, at: 0))
            try QCOW2Map(header: header, file: file, fileSize: found.bytes, flag: flag).check()
        } catch {
            throw WarehouseError(error.code, "\(file.path): \(error.message)")
        }
        return found
    }
}
