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

// How images are called that were made between two actions.
extension ImageName {
    private static let longest = 63
    private static let mark = ".cp-"
    private static let digits = 12

    /// The name of an image that was made of a machine between two actions.
    ///
    /// - Parameters:
    ///   - root: The name of the image that all began with.
    ///   - digest: "sha256:" and hexadecimal digits, of what was done to it.
    /// - Returns: A valid name: the root's, cut where it is too long, and the beginning of the digest.
    public static func checkpoint(of root: String, _ digest: String) -> String {
        let tail = mark + digest.dropFirst("sha256:".count).prefix(digits)
        return root.prefix(longest - tail.count) + tail
    }

    /// Whether an image is called like one of those.
    static func isCheckpoint(_ name: String) -> Bool { root(ofCheckpoint: name) != name }

    /// The name that such a name begins with; all of it where it is none.
    static func root(ofCheckpoint name: String) -> String {
        name.dropLast(digits).hasSuffix(mark) ? String(name.dropLast(digits + mark.count)) : name
    }
}
