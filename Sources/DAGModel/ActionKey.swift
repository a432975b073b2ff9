import Crypto
import FoundationEssentials

/// The identity of a step, whatever it is called in a request: what an image's history is made of.
///
/// SHA-256 over the canonical form of what the step does: site, operation or script, parameters sorted by name, and the
/// instance. Id, timeout, error policy and outputs are not part of it.
public struct ActionKey: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The digest's 256 bits, the first byte the uppermost.
    struct Digest: Sendable, Hashable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0

        var words: [UInt64] { [self.first, self.second, self.third, self.fourth] }
    }

    let digest: Digest

    /// The digest, 64 hexadecimal digits in lower case.
    public var hex: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * Self.byteCount)
        for word in self.digest.words {
            for place in stride(from: 60, through: 0, by: -4) {
                digits.append(HexDigest.digits[Int(truncatingIfNeeded: word >> UInt64(place) & 15)])
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Takes a digest in hexadecimal, in any case; nil if it is not one of 256 bits.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64, digits.allSatisfy(Self.isHexDigit) else { return nil }
        func word(_ index: Int) -> UInt64 {
            digits[index * 16..<index * 16 + 16].reduce(0) {
                $0 << 4 | UInt64($1 > 0x39 ? ($1 | 0x20) - 0x57 : $1 - 0x30)
            }
        }
        self.digest = Digest(first: word(0), second: word(1), third: word(2), fourth: word(3))
    }

    /// The number of bytes of a digest.
    public static let byteCount = 32

    /// The digest, the uppermost byte first.
    public var bytes: [UInt8] {
        self.digest.words.flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    /// Takes a digest; nil if there are not as many bytes as one has.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
        }
        self.digest = Digest(first: words.0, second: words.1, third: words.2, fourth: words.3)
    }

    init(digestOf canonical: [UInt8]) {
        let bytes = Array(SHA256.hash(data: canonical))
        func word(_ index: Int) -> UInt64 { bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        self.digest = Digest(first: word(0), second: word(1), third: word(2), fourth: word(3))
    }

    /// The same as ``hex``.
    public var description: String { self.hex }

    /// In the order of the digits.
    public static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.digest.words.lexicographicallyPrecedes(rhs.digest.words)
    }

    /// Decodes the digits as a plain string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let key = ActionKey(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "an action key has 64 hex digits")
        }
        self = key
    }

    /// Encodes the digits as a plain string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.hex)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}

extension Action {
    /// The identity of this step. Computed each time; a ``Graph`` keeps those of its actions.
    public var key: ActionKey {
        ActionKey(digestOf: self.canonicalForm)
    }

    /// Fields as `length:bytes`, so that no two actions have one form. Any change here changes every key: see the
    /// tests.
    private var canonicalForm: [UInt8] {
        var form = CanonicalForm()
        form.append("vmshop-action-1")
        form.append(self.site.rawValue)
        switch self.operation {
        case .script(let text): form.append("script", text)
        case .named(let name): form.append("named", name)
        }
        form.append(self.instance == nil ? "any" : "instance", self.instance ?? "")
        for parameter in self.parameters.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            switch parameter.value {
            case .literal(let text): form.append("literal", parameter.name, text)
            case .attribute(let action, let name): form.append("attribute", parameter.name, action, name)
            }
        }
        return form.bytes
    }
}

/// Text fields in a form that can be read in one way only.
struct CanonicalForm {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ fields: String...) {
        for field in fields {
            self.bytes.append(contentsOf: String(field.utf8.count).utf8)
            self.bytes.append(UInt8(ascii: ":"))
            self.bytes.append(contentsOf: field.utf8)
        }
    }
}

/// SHA-256 as text.
enum HexDigest {
    static let digits = Array("0123456789abcdef".utf8)

    static func sha256(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in SHA256.hash(data: bytes) {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
