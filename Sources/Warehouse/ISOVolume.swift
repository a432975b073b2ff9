/// An ISO 9660 volume with one folder (ECMA-119, interchange level 1).
///
/// Its names are there three times: as ISO 9660 allows them (`USERDATA.;1`), as Rock Ridge entries beside these for
/// Linux, and in a second tree as Joliet names for Linux and Windows. Sectors are of 2048 bytes: 16 descriptor, 17
/// Joliet descriptor, 18 end, 19 and 20 path tables, 21 and 22 those of Joliet, then the two folders, then the files.
struct ISOVolume {
    static let sectorSize = 2048
    private static let firstDescriptor = 16
    private static let pathTables = 19
    private static let folders = 23

    let name: String
    let files: [(name: String, content: [UInt8])]

    /// The volume's bytes.
    var bytes: [UInt8] {
        // How long a folder is does not depend on where it and its files are: so it is made once to be measured.
        let folderSectors = Self.sectors(self.folder(.rockRidge, first: 0, starts: self.starts(0)).count)
        let jolietSectors = Self.sectors(self.folder(.joliet, first: 0, starts: self.starts(0)).count)
        let first = Self.folders
        let firstJoliet = first + folderSectors
        let starts = self.starts(firstJoliet + jolietSectors)
        let total = self.files.reduce(firstJoliet + jolietSectors) { $0 + Self.sectors($1.content.count) }

        var volume = [UInt8](repeating: 0, count: Self.firstDescriptor * Self.sectorSize)
        for (kind, start, sectors, tables) in [
            (ISOKind.rockRidge, first, folderSectors, Self.pathTables),
            (.joliet, firstJoliet, jolietSectors, Self.pathTables + 2),
        ] {
            let root = ISORecord(identifier: [0], start: start, size: sectors * Self.sectorSize, isFolder: true)
            let descriptor = ISODescriptor(kind: kind, name: self.name, sectors: total, pathTables: tables, root: root)
            volume += descriptor.bytes
        }
        volume += Self.padded([255] + [UInt8]("CD001".utf8) + [1])
        for start in [first, firstJoliet] {
            volume += Self.padded(Self.pathTable(start, isBigEndian: false))
            volume += Self.padded(Self.pathTable(start, isBigEndian: true))
        }
        volume += self.folder(.rockRidge, first: first, starts: starts, sectors: folderSectors)
        volume += self.folder(.joliet, first: firstJoliet, starts: starts, sectors: jolietSectors)
        for file in self.files { volume += Self.padded(file.content) }
        return volume
    }

    /// Where each file's content begins when the first one's does at `sector`.
    private func starts(_ sector: Int) -> [Int] {
        var next = sector
        return self.files.map { file in
            defer { next += Self.sectors(file.content.count) }
            return next
        }
    }

    /// The folder's records in whole sectors; no record crosses a sector's end.
    private func folder(_ kind: ISOKind, first: Int, starts: [Int], sectors: Int = 1) -> [UInt8] {
        let records = self.ownRecords(kind, first: first, sectors: sectors) + self.fileRecords(kind, starts: starts)
        var bytes: [UInt8] = []
        for record in records.map(\.bytes) {
            let room = Self.sectorSize - bytes.count % Self.sectorSize
            if record.count > room { bytes += [UInt8](repeating: 0, count: room) }
            bytes += record
        }
        return Self.padded(bytes)
    }

    private func fileRecords(_ kind: ISOKind, starts: [Int]) -> [ISORecord] {
        let short = ISONames.short(for: self.files.map(\.name))
        let records = self.files.indices.map { index in
            let name = self.files[index].name
            return ISORecord(
                identifier: kind == .joliet ? ISONames.joliet(name) : [UInt8](short[index].utf8),
                start: starts[index],
                size: self.files[index].content.count,
                isFolder: false,
                systemUse: kind == .joliet ? [] : RockRidge.entries(forFile: name)
            )
        }
        return records.sorted { $0.identifier.lexicographicallyPrecedes($1.identifier) }
    }

    /// The folder's records of itself and of the folder above, which is itself again.
    private func ownRecords(_ kind: ISOKind, first: Int, sectors: Int) -> [ISORecord] {
        [UInt8(0), 1].map { identifier in
            ISORecord(
                identifier: [identifier],
                start: first,
                size: sectors * Self.sectorSize,
                isFolder: true,
                systemUse: kind == .joliet ? [] : RockRidge.entries(forFolderItself: identifier == 0)
            )
        }
    }

    private static func pathTable(_ root: Int, isBigEndian: Bool) -> [UInt8] {
        var bytes: [UInt8] = [1, 0]
        if isBigEndian {
            bytes.appendBigEndian(UInt32(root))
            bytes.appendBigEndian(UInt16(1))
        } else {
            bytes.appendLittleEndian(UInt32(root))
            bytes.appendLittleEndian(UInt16(1))
        }
        return bytes + [0, 0]
    }

    static func sectors(_ bytes: Int) -> Int { (bytes + self.sectorSize - 1) / self.sectorSize }

    static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: self.sectors(bytes.count) * self.sectorSize - bytes.count)
    }
}
