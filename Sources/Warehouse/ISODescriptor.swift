/// Which of the two trees of a volume.
enum ISOKind {
    /// The primary one, with Rock Ridge entries.
    case rockRidge
    /// The supplementary one, with names in 16-bit characters.
    case joliet
}

/// A volume descriptor: the sector that says where a tree is (ECMA-119, 8.4 and 8.5).
struct ISODescriptor {
    let kind: ISOKind
    let name: String
    let sectors: Int
    let pathTables: Int
    let root: ISORecord

    var bytes: [UInt8] {
        var bytes: [UInt8] = [self.kind == .joliet ? 2 : 1] + [UInt8]("CD001".utf8) + [1, 0]
        bytes += self.text("LINUX", 32) + self.text(self.name, 32) + [UInt8](repeating: 0, count: 8)
        bytes.appendBothEndian(UInt32(self.sectors))
        bytes += self.escapes
        bytes.appendBothEndian(UInt16(1))  // volumes in the set
        bytes.appendBothEndian(UInt16(1))  // this one's number
        bytes.appendBothEndian(UInt16(ISOVolume.sectorSize))
        bytes.appendBothEndian(UInt32(10))  // bytes of a path table
        bytes.appendLittleEndian(UInt32(self.pathTables))
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendBigEndian(UInt32(self.pathTables + 1))
        bytes.appendBigEndian(UInt32(0))
        bytes += self.root.bytes
        for _ in 0..<4 { bytes += self.text("", 128) }  // set, publisher, preparer, application
        for _ in 0..<3 { bytes += self.text("", 37) }  // copyright, abstract, bibliography
        bytes += Self.date("2000010100000000") + Self.date("2000010100000000")
        bytes += Self.date("0000000000000000") + Self.date("0000000000000000")
        return ISOVolume.padded(bytes + [1])
    }

    /// What says that the names are in UCS-2, level 3.
    private var escapes: [UInt8] {
        let sequence: [UInt8] = self.kind == .joliet ? [0x25, 0x2f, 0x45] : []
        return sequence + [UInt8](repeating: 0, count: 32 - sequence.count)
    }

    /// `text` in the tree's characters, filled up with spaces to `length` bytes.
    private func text(_ text: String, _ length: Int) -> [UInt8] {
        guard self.kind == .joliet else {
            return [UInt8](text.utf8) + [UInt8](repeating: 0x20, count: length - text.utf8.count)
        }
        let characters = text + String(repeating: " ", count: length / 2 - text.utf16.count)
        let bytes = ISONames.joliet(characters)
        return bytes + [UInt8](repeating: 0, count: length - bytes.count)
    }

    private static func date(_ digits: String) -> [UInt8] {
        [UInt8](digits.utf8) + [0]
    }
}
