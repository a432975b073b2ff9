/// The tables of a qcow2 file that say where guest data are: walked once, before an image is used.
///
/// A header can be sound and the file cut off behind it; QEMU would read zeros where data are missing. So all data that
/// a table names must be within the file. Each table is looked at once: a small file whose entries all name one table
/// would keep the reader busy for hours.
struct QCOW2Map {
    /// The bits of an entry that are an offset in the file.
    private static let offsetMask: UInt64 = 0x00ff_ffff_ffff_fe00
    private static let compressed: UInt64 = 1 << 62
    private static let readsAsZeros: UInt64 = 1
    private static let sector = 512

    let header: QCOW2Header
    let file: OpenFile
    let fileSize: Int
    let flag: CancellationFlag

    /// Throws ``WarehouseError/Code/unsafeImage`` at the first thing that is not in the file, or there twice.
    func check() throws(WarehouseError) {
        try self.checkData()
        try self.checkReferenceCounts()
    }

    private func checkData() throws(WarehouseError) {
        let table = try self.file.read(count: self.header.levelOneEntries * 8, at: Int(self.header.levelOneOffset))
        var seen: Set<UInt64> = []
        for index in 0..<self.header.levelOneEntries {
            guard let entry: UInt64 = table.bigEndian(at: index * 8) else { throw self.cutOff("its L1 table") }
            let offset = entry & Self.offsetMask
            guard offset != 0 else { continue }
            guard index < self.header.neededLevelOneEntries else {
                throw QCOW2Header.refusal(
                    "its L1 table names data beyond the disk's end; copy it with `qemu-img convert -O qcow2`"
                )
            }
            guard seen.insert(offset).inserted else {
                throw QCOW2Header.refusal("its L1 table names the L2 table at byte \(offset) twice")
            }
            try self.flag.check()
            try self.checkLevelTwo(at: offset, guestOffset: index * self.header.bytesPerLevelTwoTable)
        }
    }

    /// The blocks of reference counts may be the last in a file, and so what is missing of it.
    private func checkReferenceCounts() throws(WarehouseError) {
        let bytes = self.header.referenceTableClusters * self.header.clusterSize
        let table = try self.file.read(count: bytes, at: Int(self.header.referenceTableOffset))
        for place in stride(from: 0, to: bytes, by: 8) {
            guard let entry: UInt64 = table.bigEndian(at: place) else { throw self.cutOff("its reference count table") }
            let offset = entry & Self.offsetMask
            guard offset == 0 || Int(offset) + self.header.clusterSize <= self.fileSize else {
                throw self.cutOff("a block of reference counts at byte \(offset)")
            }
        }
    }

    private func checkLevelTwo(at offset: UInt64, guestOffset: Int) throws(WarehouseError) {
        let clusterSize = self.header.clusterSize
        guard offset % UInt64(clusterSize) == 0, offset <= UInt64(max(0, self.fileSize - clusterSize)) else {
            throw self.cutOff("an L2 table at byte \(offset)")
        }
        let table = try self.file.read(count: clusterSize, at: Int(offset))
        let width = self.header.levelTwoEntryWidth
        for index in 0..<clusterSize / width {
            guard let entry: UInt64 = table.bigEndian(at: index * width) else { throw self.cutOff("an L2 table") }
            let room = max(0, self.header.virtualSize - guestOffset - index * clusterSize)
            let subclusters: UInt64? = width == 16 ? table.bigEndian(at: index * width + 8) : nil
            let end = self.dataEnd(entry, subclusters: subclusters, room: room)
            guard end <= self.fileSize else { throw self.cutOff("a cluster that ends at byte \(end)") }
        }
    }

    /// Where the data of an L2 entry end in the file; 0 for none.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - subclusters: its bitmap, in a file with extended entries: the lower half says which parts have data.
    ///   - room: how many bytes the disk has from the cluster's start on; the last one may be cut there.
    /// - Returns: the place of the first byte behind them.
    private func dataEnd(_ entry: UInt64, subclusters: UInt64?, room: Int) -> Int {
        guard entry & Self.compressed == 0 else { return self.compressedEnd(entry) }
        let offset = Int(entry & Self.offsetMask)
        guard offset != 0 else { return 0 }
        var length = self.header.clusterSize
        if let subclusters {
            let used = 32 - UInt32(truncatingIfNeeded: subclusters).leadingZeroBitCount
            length = length / 32 * used
        } else if entry & Self.readsAsZeros != 0, self.header.version == 3 {
            length = 0
        }
        return length == 0 ? 0 : offset + min(length, room)
    }

    /// Compressed data have an offset of fewer bits the larger clusters are; the other bits count their further sectors.
    private func compressedEnd(_ entry: UInt64) -> Int {
        let bits = UInt64(62 - (self.header.clusterBits - 8))
        let sectors = Int((entry & (Self.compressed - 1)) >> bits)
        let offset = Int(entry & (1 << bits - 1))
        return (offset / Self.sector + sectors + 1) * Self.sector
    }

    private func cutOff(_ what: String) -> WarehouseError {
        QCOW2Header.refusal("it is cut off: \(what) is not within the file's \(self.fileSize) bytes")
    }
}
