/// The names that images may have: `[a-z0-9][a-z0-9._-]{0,62}`, so that each is also a folder's name.
public enum ImageName {
    /// Whether `text` is such a name.
    public static func isValid(_ text: String) -> Bool {
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return Self.isLetterOrDigit(first)
            && text.utf8.allSatisfy { Self.isLetterOrDigit($0) || [0x2e, 0x5f, 0x2d].contains($0) }
    }

    /// Throws unless `text` is such a name.
    static func check(_ text: String) throws(WarehouseError) {
        guard Self.isValid(text) else {
            throw WarehouseError(
                .invalidName,
                "\(text.debugDescription) is no image name: 1 to 63 of a-z 0-9 . _ -, the first a letter or a digit"
            )
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}
