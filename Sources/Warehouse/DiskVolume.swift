/// A place on a disk where a file system may be: a partition, or the whole disk.
struct DiskVolume: Sendable, Hashable {
    /// What is there, by its signature.
    enum Content: String, Sendable, Hashable {
        case ext = "ext2, ext3 or ext4"
        case xfs, btrfs, squashfs
        case luks = "encrypted (LUKS)"
        case lvm = "LVM"
        case ntfs = "NTFS (Windows)"
        case fat = "FAT"
        case unknown = "unknown content"
    }

    /// Reads bytes of the disk: offset and count; fewer at the disk's end.
    typealias Reader = (_ offset: Int, _ count: Int) throws(WarehouseError) -> [UInt8]

    /// Where it begins, in bytes.
    let offset: Int
    /// What is there.
    let content: Content

    /// What a table of partitions can have at most.
    private static let mostEntries = 128
    private static let sector = 512

    /// All volumes of a disk: of the GPT, else of the MBR, else the disk as a whole.
    static func all(diskSize: Int, _ read: Reader) throws(WarehouseError) -> [DiskVolume] {
        // A file system without a table may have bytes of a boot loader in its first sector, an MBR has none after it.
        let whole = try Self.content(at: 0, read)
        if whole != .unknown, whole != .fat { return [DiskVolume(offset: 0, content: whole)] }
        var offsets = try Self.gpt(read)
        if offsets.isEmpty { offsets = try Self.mbr(read) }
        offsets = offsets.filter { $0 > 0 && $0 < diskSize }
        guard !offsets.isEmpty else { return [DiskVolume(offset: 0, content: whole)] }
        var volumes: [DiskVolume] = []
        for offset in offsets {
            volumes.append(DiskVolume(offset: offset, content: try Self.content(at: offset, read)))
        }
        return volumes
    }

    private static func gpt(_ read: Reader) throws(WarehouseError) -> [Int] {
        let header = try read(Self.sector, Self.sector)
        guard header.starts(with: Array("EFI PART".utf8)), let table = header.littleEndian(at: 72, width: 8),
            let count = header.littleEndian(at: 80, width: 4), let size = header.littleEndian(at: 84, width: 4),
            (128...4096).contains(size), table < 1 << 40
        else { return [] }
        let entries = try read(table * Self.sector, min(count, Self.mostEntries) * size)
        return stride(from: 0, to: entries.count, by: size).compactMap { place in
            let isUsed = entries[place..<min(place + 16, entries.count)].contains { $0 != 0 }
            guard isUsed, let first = entries.littleEndian(at: place + 32, width: 8), first < 1 << 40 else {
                return nil
            }
            return first * Self.sector
        }
    }

    private static func mbr(_ read: Reader) throws(WarehouseError) -> [Int] {
        let sector = try read(0, Self.sector)
        guard sector.count == Self.sector, sector[510] == 0x55, sector[511] == 0xaa else { return [] }
        return (0..<4).compactMap { number in
            let place = 446 + number * 16
            guard sector[place + 4] != 0, let first = sector.littleEndian(at: place + 8, width: 4) else { return nil }
            return first * Self.sector
        }
    }

    private static func content(at start: Int, _ read: Reader) throws(WarehouseError) -> Content {
        let signatures: [(Content, Int, [UInt8])] = [
            (.luks, 0, Array("LUKS".utf8) + [0xba, 0xbe]), (.xfs, 0, Array("XFSB".utf8)),
            (.squashfs, 0, Array("hsqs".utf8)), (.lvm, 512, Array("LABELONE".utf8)), (.ntfs, 3, Array("NTFS    ".utf8)),
            (.btrfs, 65536 + 64, Array("_BHRfS_M".utf8)), (.ext, 1024 + 56, [0x53, 0xef]),
            (.fat, 54, Array("FAT1".utf8)), (.fat, 82, Array("FAT32".utf8)),
        ]
        for (content, offset, bytes) in signatures where try read(start + offset, bytes.count) == bytes {
            return content
        }
        return .unknown
    }
}

extension [UInt8] {
    /// The little-endian number of `width` bytes at `offset`; nothing beyond the end, or where it is too large.
    fileprivate func littleEndian(at offset: Int, width: Int) -> Int? {
        guard offset >= 0, offset + width <= self.count else { return nil }
        let number = self[offset..<(offset + width)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(exactly: number)
    }
}
