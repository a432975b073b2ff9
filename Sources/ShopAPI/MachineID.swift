/// The identity of a machine: a ULID, chosen by the client before anything is done, so that a repeated creation is
/// recognised. 26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits
/// (<https://github.com/ulid/spec>).
public struct MachineID: Sendable, Hashable, Comparable {
    /// The 26 characters, in capitals.
    public let text: String

    /// Reads an id; small letters are accepted. `nil` when the text is not a ULID.
    public init?(_ text: String) {
        let upper = text.uppercased()
        guard upper.utf8.count == 26, upper.utf8.allSatisfy(Self.alphabet.contains), let first = upper.utf8.first,
            first <= UInt8(ascii: "7")
        else { return nil }
        self.text = upper
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - now: The time it carries.
    ///   - generator: The source of its random bits.
    public init(at now: Timestamp = .now, using generator: inout some RandomNumberGenerator) {
        var digits: [UInt8] = []
        for shift in stride(from: 45, through: 0, by: -5) {
            digits.append(Self.alphabet[Int(now.milliseconds >> Int64(shift)) & 31])
        }
        for _ in 0..<16 { digits.append(Self.alphabet[Int.random(in: 0..<32, using: &generator)]) }
        text = String(decoding: digits, as: UTF8.self)
    }

    /// A new id of this moment with the system's random bits.
    public static func new() -> MachineID {
        var generator = SystemRandomNumberGenerator()
        return MachineID(using: &generator)
    }

    /// The id that comes so many after this one, by its random digits: a gang's machines are counted by it.
    public func advanced(by distance: Int) -> MachineID {
        var (digits, carry) = (Array(text.utf8), distance)
        for place in digits.indices.dropFirst(10).reversed() where carry > 0 {
            carry += Self.alphabet.firstIndex(of: digits[place]) ?? 0
            digits[place] = Self.alphabet[carry & 31]
            carry >>= 5
        }
        return MachineID(digits: digits)
    }

    private init(digits: [UInt8]) { text = String(decoding: digits, as: UTF8.self) }

    /// The moment it carries: when it was made, by the clock of whoever made it.
    public var time: Timestamp {
        let milliseconds = text.utf8.prefix(10).reduce(Int64(0)) { sum, digit in
            sum << 5 | Int64(Self.alphabet.firstIndex(of: digit) ?? 0)
        }
        return Timestamp(milliseconds: milliseconds)
    }

    /// The name of the machine's domain and of its directories: every name of a resource derives from the id.
    public var resourceName: String { "vms-" + text.lowercased() }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The order of the texts, which is that of the times.
    public static func < (left: MachineID, right: MachineID) -> Bool { left.text < right.text }
}

extension MachineID: CustomStringConvertible {
    /// The 26 characters.
    public var description: String { text }
}

extension MachineID: Codable {
    /// Reads the 26 characters.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = MachineID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "`\(text)` is not a machine id (ULID)"
            )
        }
        self = id
    }

    /// Writes the 26 characters.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
