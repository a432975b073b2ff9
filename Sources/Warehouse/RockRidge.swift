/// The entries by which ISO 9660 records carry what POSIX knows of files (IEEE P1281 and P1282, "Rock Ridge").
enum RockRidge {
    /// The entries of a file: its name, and that everybody may read it.
    static func entries(forFile name: String) -> [UInt8] {
        let name = [UInt8](name.utf8)
        return Self.attributes(mode: 0o100_444, links: 1) + [0x4e, 0x4d, UInt8(5 + name.count), 1, 0] + name
    }

    /// The entries of a folder's record of itself or of the folder above it.
    static func entries(forFolderItself isItself: Bool) -> [UInt8] {
        let attributes = Self.attributes(mode: 0o040_555, links: 2)
        return isItself ? Self.indicator + attributes + Self.reference : attributes
    }

    /// SP: such entries are used on this volume.
    private static let indicator: [UInt8] = [0x53, 0x50, 7, 1, 0xbe, 0xef, 0]

    /// ER: they are those of Rock Ridge.
    private static var reference: [UInt8] {
        let identifier = [UInt8]("RRIP_1991A".utf8)
        return [0x45, 0x52, UInt8(8 + identifier.count), 1, UInt8(identifier.count), 0, 0, 1] + identifier
    }

    /// PX: file mode, links, owner and group.
    private static func attributes(mode: UInt32, links: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x50, 0x58, 36, 1]
        for number in [mode, links, 0, 0] { bytes.appendBothEndian(number) }
        return bytes
    }
}
