/// The metadata of a new, empty qcow2 file of version 3: an overlay over a base, or a blank disk.
///
/// Clusters are of 64 KiB: 0 holds the header, 1 the reference count table, 2 its only block, and from 3 on stands the
/// L1 table. All but a few bytes of it are zeros, so three short writes and a resize make the file.
struct QCOW2Layout: Sendable, Hashable {
    /// A stretch of the file that is not zeros.
    struct Extent: Sendable, Hashable {
        let offset: Int
        let bytes: [UInt8]
    }

    static let clusterSize = 1 << 16
    private static let levelOneCluster = 3

    let virtualSize: Int
    /// What unwritten clusters are read from.
    let backing: DiskBacking?

    /// What one L1 entry covers: a cluster full of 8-byte L2 entries, each a cluster.
    private var levelOneEntries: Int {
        let covered = Self.clusterSize * (Self.clusterSize / 8)
        return (self.virtualSize + covered - 1) / covered
    }

    private var clusters: Int {
        Self.levelOneCluster + (self.levelOneEntries * 8 + Self.clusterSize - 1) / Self.clusterSize
    }

    /// The size of the new file in bytes.
    var fileSize: Int { self.clusters * Self.clusterSize }

    /// Everything in the new file that is not zeros.
    var extents: [Extent] {
        var table: [UInt8] = []
        table.appendBigEndian(UInt64(2 * Self.clusterSize))
        // One reference for each cluster in use, 16 bits a count.
        let counts = (0..<self.clusters).flatMap { _ in [UInt8](arrayLiteral: 0, 1) }
        return [
            Extent(offset: 0, bytes: self.header),
            Extent(offset: Self.clusterSize, bytes: table),
            Extent(offset: 2 * Self.clusterSize, bytes: counts),
        ]
    }

    private var header: [UInt8] {
        let extensions = self.headerExtensions
        let path = [UInt8]((self.backing?.path ?? "").utf8)
        var bytes = QCOW2Header.magic
        bytes.appendBigEndian(UInt32(3))
        bytes.appendBigEndian(UInt64(self.backing == nil ? 0 : 104 + extensions.count))
        bytes.appendBigEndian(UInt32(path.count))
        bytes.appendBigEndian(UInt32(16))
        bytes.appendBigEndian(UInt64(self.virtualSize))
        bytes.appendBigEndian(UInt32(0))  // not encrypted
        bytes.appendBigEndian(UInt32(self.levelOneEntries))
        bytes.appendBigEndian(UInt64(Self.levelOneCluster * Self.clusterSize))
        bytes.appendBigEndian(UInt64(Self.clusterSize))
        bytes.appendBigEndian(UInt32(1))
        bytes += [UInt8](repeating: 0, count: 12)  // no snapshots
        bytes += [UInt8](repeating: 0, count: 24)  // no incompatible, compatible, autoclear features
        bytes.appendBigEndian(UInt32(4))  // 2^4 bits a reference count
        bytes.appendBigEndian(UInt32(104))
        return bytes + extensions + path
    }

    private var headerExtensions: [UInt8] {
        var bytes: [UInt8] = []
        if let backing = self.backing {
            let name = [UInt8](backing.format.rawValue.utf8)
            bytes.appendBigEndian(UInt32(0xe279_2aca))
            bytes.appendBigEndian(UInt32(name.count))
            bytes += name
            bytes += [UInt8](repeating: 0, count: (8 - name.count % 8) % 8)
        }
        return bytes + [UInt8](repeating: 0, count: 8)
    }
}
