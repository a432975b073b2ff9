/// A record of an ISO 9660 folder: one name in it, and where its content is.
struct ISORecord {
    let identifier: [UInt8]
    let start: Int
    let size: Int
    let isFolder: Bool
    var systemUse: [UInt8] = []

    /// 1 January 2000, 0:00 UTC: equal content gives equal bytes.
    private static let date: [UInt8] = [100, 1, 1, 0, 0, 0, 0]

    var bytes: [UInt8] {
        // The identifier is filled up so that what follows is at an even place, and so is the whole.
        let padding = [UInt8](repeating: 0, count: 1 - self.identifier.count % 2)
        let use = self.systemUse + [UInt8](repeating: 0, count: self.systemUse.count % 2)
        var bytes: [UInt8] = [UInt8(33 + self.identifier.count + padding.count + use.count), 0]
        bytes.appendBothEndian(UInt32(self.start))
        bytes.appendBothEndian(UInt32(self.size))
        bytes += Self.date
        bytes += [self.isFolder ? 2 : 0, 0, 0]
        bytes.appendBothEndian(UInt16(1))
        bytes.append(UInt8(self.identifier.count))
        return bytes + self.identifier + padding + use
    }
}

extension [UInt8] {
    /// Appends `number` twice, as ISO 9660 wants it: least significant byte first, then most significant byte first.
    mutating func appendBothEndian(_ number: some FixedWidthInteger & UnsignedInteger) {
        self.appendLittleEndian(number)
        self.appendBigEndian(number)
    }
}

/// Names of files as the trees of a volume have them.
enum ISONames {
    /// Names of at most eight upper-case letters, digits and underscores, all different, in the order of `names`.
    static func short(for names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.enumerated().map { index, name in
            let letters = name.uppercased().utf8.filter { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) }
            var short = String(decoding: letters.prefix(8), as: UTF8.self)
            if short.isEmpty || taken.contains(short) { short = "_FILE" + String(100 + index) }
            taken.insert(short)
            return short + ".;1"
        }
    }

    /// The name in 16-bit characters, most significant byte first.
    static func joliet(_ name: String) -> [UInt8] {
        name.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
}
