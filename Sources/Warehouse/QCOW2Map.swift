/// The tables of a qcow2 file that say where guest data are: walked once, before an image enters the warehouse.
///
/// A header can be sound and the file cut off behind it; QEMU would read zeros where data are missing. So every
/// cluster that a table names must begin within the file.
struct QCOW2Map {
    /// The bits of an entry that are an offset in the file.
    private static let offsetMask: UInt64 = 0x00ff_ffff_ffff_fe00
    private static let compressed: UInt64 = 1 << 62

    let header: QCOW2Header
    let file: OpenFile
    let fileSize: Int
    let flag: CancellationFlag

    /// Throws ``WarehouseError/Code/unsafeImage`` at the first cluster that is not in the file.
    func check() throws(WarehouseError) {
        let table = try self.file.read(count: self.header.levelOneEntries * 8, at: Int(self.header.levelOneOffset))
        for index in 0..<self.header.levelOneEntries {
            guard let entry: UInt64 = table.bigEndian(at: index * 8) else { throw self.cutOff("its L1 table") }
            let offset = entry & Self.offsetMask
            guard offset != 0 else { continue }
            try self.flag.check()
            try self.checkLevelTwo(at: offset)
        }
    }

    private func checkLevelTwo(at offset: UInt64) throws(WarehouseError) {
        let clusterSize = self.header.clusterSize
        guard offset % UInt64(clusterSize) == 0, offset <= UInt64(max(0, self.fileSize - clusterSize)) else {
            throw self.cutOff("an L2 table at byte \(offset)")
        }
        let table = try self.file.read(count: clusterSize, at: Int(offset))
        let width = self.header.incompatibleFeatures.contains(.extendedL2) ? 16 : 8
        for place in stride(from: 0, to: clusterSize, by: width) {
            guard let entry: UInt64 = table.bigEndian(at: place) else { throw self.cutOff("an L2 table") }
            let offset = self.dataOffset(entry)
            guard offset < UInt64(self.fileSize) else { throw self.cutOff("a cluster at byte \(offset)") }
        }
    }

    /// Where the data of an L2 entry begin; 0 for none.
    private func dataOffset(_ entry: UInt64) -> UInt64 {
        guard entry & Self.compressed != 0 else { return entry & Self.offsetMask }
        // The offset of compressed data has fewer bits the larger clusters are: the rest counts their sectors.
        return entry & (1 << UInt64(62 - (self.header.clusterBits - 8)) - 1)
    }

    private func cutOff(_ what: String) -> WarehouseError {
        QCOW2Header.refusal("it is cut off: \(what) is not within the file's \(self.fileSize) bytes")
    }
}
