extension QCOW2Header {
    /// The largest virtual disk, in bytes, that the warehouse deals with: 64 TiB.
    public static let maximumVirtualSize = 1 << 46

    /// The size of a disk that is to hold so many bytes: rounded up to whole sectors of 512.
    ///
    /// - Returns: the size, nothing unless it is above 0 and at most ``maximumVirtualSize``.
    public static func diskSize(holding bytes: Int) -> Int? {
        guard bytes > 0, bytes <= self.maximumVirtualSize else { return nil }
        return (bytes + 511) / 512 * 512
    }

    private static let externalDataFileName: UInt32 = 0x4441_5441
    private static let diskEncryption: UInt32 = 0x0537_be77

    /// Checks that the image is whole by itself: opening it makes the hypervisor open nothing else.
    ///
    /// - Parameter fileSize: the size of the file in bytes; tables must be within it.
    /// - Throws: ``WarehouseError/Code/unsafeImage`` with the reason.
    public func checkStandalone(fileSize: Int) throws(WarehouseError) {
        if let path = self.backingPath {
            throw Self.refusal(
                "it stands on a backing file, \(path.debugDescription); flatten it with `qemu-img convert -O qcow2`"
            )
        }
        try self.checkAlone(fileSize: fileSize)
    }

    /// Checks that the image stands on just the disk that is known to be beneath it, and opens nothing else.
    ///
    /// - Parameters:
    ///   - backing: what the header must name.
    ///   - fileSize: the size of the file in bytes; tables must be within it.
    /// - Throws: ``WarehouseError/Code/unsafeImage`` with the reason.
    func check(standingOn backing: DiskBacking, fileSize: Int) throws(WarehouseError) {
        guard let path = self.backingPath, path.utf8.elementsEqual(backing.path.utf8) else {
            let found = self.backingPath.map { "on \($0.debugDescription)" } ?? "on nothing"
            throw Self.refusal("it stands \(found), not on \(backing.path)")
        }
        guard self.backingFormat == backing.format.rawValue else {
            throw Self.refusal("it does not say that what it stands on is \(backing.format.rawValue)")
        }
        try self.checkAlone(fileSize: fileSize)
    }

    private func checkAlone(fileSize: Int) throws(WarehouseError) {
        try self.checkFeatures()
        try self.checkSizes()
        try self.checkTables(fileSize: fileSize)
    }

    /// Checks what holds for every qcow2 file, with or without a backing file.
    func checkFeatures() throws(WarehouseError) {
        let features = self.incompatibleFeatures
        if features.contains(.externalDataFile) || self.extensionTypes.contains(Self.externalDataFileName) {
            throw Self.refusal("its data are in another file; flatten it with `qemu-img convert -O qcow2`")
        }
        if features.contains(.corrupt) || features.contains(.dirty) {
            throw Self.refusal("it is marked dirty or corrupt; repair it with `qemu-img check -r all`")
        }
        let unknown = features.subtracting([.compressionType, .extendedL2])
        guard unknown.isEmpty else {
            throw Self.refusal(
                "it needs features that are not known here (bits 0x\(String(unknown.rawValue, radix: 16)))"
            )
        }
        guard self.encryptionMethod == 0, !self.extensionTypes.contains(Self.diskEncryption) else {
            throw Self.refusal("it is encrypted")
        }
        guard self.snapshotCount == 0 else {
            throw Self.refusal("it has \(self.snapshotCount) internal snapshots; drop them with `qemu-img snapshot -d`")
        }
        guard self.referenceCountOrder <= 6 else {
            throw Self.refusal("its reference counts are of 2^\(self.referenceCountOrder) bits")
        }
        guard !features.contains(.extendedL2) || self.clusterBits >= 14 else {
            throw Self.refusal("its clusters are too small for extended L2 entries")
        }
    }

    /// The size of an L2 entry in bytes.
    var levelTwoEntryWidth: Int { self.incompatibleFeatures.contains(.extendedL2) ? 16 : 8 }

    /// How many bytes of the disk one L2 table, and so one L1 entry, covers.
    var bytesPerLevelTwoTable: Int { self.clusterSize * (self.clusterSize / self.levelTwoEntryWidth) }

    /// How many L1 entries cover the disk.
    var neededLevelOneEntries: Int {
        (self.virtualSize + self.bytesPerLevelTwoTable - 1) / self.bytesPerLevelTwoTable
    }

    private func checkSizes() throws(WarehouseError) {
        guard self.virtualSize > 0, self.virtualSize <= Self.maximumVirtualSize, self.virtualSize % 512 == 0 else {
            throw Self.refusal(
                "its virtual size of \(self.virtualSize) bytes is not a multiple of 512 between 512 bytes and 64 TiB"
            )
        }
    }

    private func checkTables(fileSize: Int) throws(WarehouseError) {
        let needed = self.neededLevelOneEntries
        guard self.levelOneEntries >= needed, self.levelOneEntries <= 4 << 20 else {
            throw Self.refusal("its L1 table has \(self.levelOneEntries) entries where \(needed) are needed")
        }
        try self.checkTable("L1 table", at: self.levelOneOffset, bytes: self.levelOneEntries * 8, fileSize: fileSize)
        guard (1...((8 << 20) >> self.clusterBits)).contains(self.referenceTableClusters) else {
            throw Self.refusal("its reference count table has \(self.referenceTableClusters) clusters")
        }
        try self.checkTable(
            "reference count table",
            at: self.referenceTableOffset,
            bytes: self.referenceTableClusters * self.clusterSize,
            fileSize: fileSize
        )
    }

    private func checkTable(_ name: String, at offset: UInt64, bytes: Int, fileSize: Int) throws(WarehouseError) {
        guard let start = Int(exactly: offset), start >= self.clusterSize, start % self.clusterSize == 0 else {
            throw Self.refusal("its \(name) is at byte \(offset), which is no cluster's start")
        }
        guard bytes <= fileSize, start <= fileSize - bytes else {
            throw Self.refusal("it is cut off: its \(name) ends after the file's \(fileSize) bytes")
        }
    }
}
