/// The rules for the disks that `attach-disk` makes, for who checks requests and who carries them out.
public enum DataDisk {
    /// The largest one: 64 TiB, beyond which the warehouse makes none.
    public static let largest = ByteCount(bytes: 64 << 40)

    /// What a size must be, in words.
    public static let sizeForm = "a size with a unit, at most \(largest), as '1GiB'"

    /// Whether a text is the size of a disk.
    ///
    /// - Parameter text: What may be one.
    /// - Returns: Whether it is an amount above 0 that is not too large.
    public static func isSize(_ text: String) -> Bool {
        ByteCount(text).map { $0.bytes > 0 && $0 <= largest } ?? false
    }

    /// The form of a serial in words.
    public static let serialForm = "a letter or digit, then up to 19 letters, digits, '_' and '-'"

    /// Whether a text is a serial: it is an argument of the hypervisor, part of a file's name, and virtio carries
    /// 20 bytes of it.
    ///
    /// - Parameter text: What may be one.
    /// - Returns: Whether it has the form.
    public static func isSerial(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= 20 else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}
