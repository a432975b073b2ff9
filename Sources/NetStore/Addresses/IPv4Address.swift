/// An IPv4 address.
public struct IPv4Address: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The address as a number, most significant byte first.
    public var value: UInt32

    /// The address of a number.
    public init(value: UInt32) {
        self.value = value
    }

    /// The address in dotted decimal, four numbers without leading zeros; nil for anything else.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(NameRules.isDigit) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            guard let byte = UInt8(String(Substring(part))) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        self.value = value
    }

    /// Reads dotted decimal.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = IPv4Address(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an IPv4 address")
        }
        self = address
    }

    /// Writes dotted decimal.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The address in dotted decimal.
    public var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }

    /// By number.
    public static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }

    /// The Ethernet address that belongs to this address: the prefix of QEMU's own, and the low 24 bits.
    ///
    /// Two addresses of one `/8` never share it.
    public var mac: String {
        let tail = [value >> 16 & 255, value >> 8 & 255, value & 255].map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "52:54:00:" + tail.joined(separator: ":")
    }

    /// Eight hexadecimal digits, for interface names.
    var hex: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
