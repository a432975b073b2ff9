/// The inside of one start tag, byte by byte: quotes, attributes, namespace declarations.
struct TagScan {
    private(set) var attributes = 0
    private(set) var declarations = 0
    private var quote: UInt8?
    private var wordStart: Int

    /// Whether the next byte belongs to the value of an attribute.
    var isQuoted: Bool { self.quote != nil }

    /// A tag whose `<` is at the given offset.
    init(start: Int) {
        self.wordStart = start + 1
    }

    /// Takes the next byte; true if the tag ends with it.
    mutating func consume(_ byte: UInt8, in bytes: [UInt8], at index: Int) -> Bool {
        if let quote {
            guard byte == quote else { return false }
            self.quote = nil
            self.wordStart = index + 1
            return false
        }
        switch byte {
        case Ascii.greater: return true
        case Ascii.doubleQuote, Ascii.singleQuote: self.quote = byte
        case Ascii.equals: self.countAttribute(in: bytes, upTo: index)
        case _ where Ascii.isSpace(byte):
            // White space before an equals sign does not end the name in front of it.
            if self.wordStart == index { self.wordStart = index + 1 }
            self.restartWord(in: bytes, after: index)
        default: break
        }
        return false
    }

    private mutating func restartWord(in bytes: [UInt8], after index: Int) {
        guard index + 1 < bytes.count else { return }
        let next = bytes[index + 1]
        if !Ascii.isSpace(next) && next != Ascii.equals { self.wordStart = index + 1 }
    }

    private mutating func countAttribute(in bytes: [UInt8], upTo index: Int) {
        self.attributes += 1
        if bytes[self.wordStart..<index].starts(with: "xmlns".utf8) { self.declarations += 1 }
    }
}

/// The few characters that structure a document.
enum Ascii {
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let slash = UInt8(ascii: "/")
    static let exclamation = UInt8(ascii: "!")
    static let question = UInt8(ascii: "?")
    static let equals = UInt8(ascii: "=")
    static let doubleQuote = UInt8(ascii: "\"")
    static let singleQuote = UInt8(ascii: "'")

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Whether a name can begin with the byte, as far as one byte tells.
    static func beginsName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte >= 0x80
    }

    static func endsName(_ byte: UInt8) -> Bool {
        Self.isSpace(byte) || byte == Self.greater || byte == Self.slash || byte == Self.less || byte == Self.equals
    }
}
