/// Decides that a document is UTF-8, whatever it says of itself.
enum DocumentEncoding {
    private static let accepted: Set<String> = ["utf-8", "utf8", "us-ascii", "ascii"]

    /// Returns the bytes without byte order mark.
    ///
    /// - Throws: ``XMLError`` with code `xml.encoding` for another encoding, declared or evident, or for invalid UTF-8.
    static func check(_ bytes: [UInt8]) throws(XMLError) -> [UInt8] {
        guard !Self.looksWide(bytes) else {
            throw Self.refusal("the document is in UTF-16 or UTF-32", at: 0, in: [])
        }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let declared = Self.declaredEncoding(body)
        if let declared, !Self.accepted.contains(declared.lowercased()) {
            throw Self.refusal("the document declares the encoding '\(declared.prefix(40))'", at: 0, in: body)
        }
        if let offset = Self.firstInvalidByte(in: body, onlyASCII: declared?.lowercased().hasSuffix("ascii") ?? false) {
            throw Self.refusal("the bytes here are not in the encoding of the document", at: offset, in: body)
        }
        return body
    }

    /// Whether it begins like UTF-16 or UTF-32, with or without byte order mark.
    private static func looksWide(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        let head = (bytes[0], bytes[1])
        return head == (0xFE, 0xFF) || head == (0xFF, 0xFE) || head == (0x3C, 0) || head == (0, 0x3C) || head == (0, 0)
    }

    /// The encoding in the XML declaration, if there is a declaration and it names one.
    private static func declaredEncoding(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: "<?xml".utf8) else { return nil }
        // A declaration is short; one that is not is cut here and found out by libxml2.
        let head = bytes.prefix(512)
        guard let end = head.firstIndex(of: Ascii.greater) else { return nil }
        let words = String(decoding: head[..<end], as: UTF8.self)
            .split(whereSeparator: { $0.isWhitespace || $0 == "=" || $0 == "\"" || $0 == "'" || $0 == "?" })
        guard let index = words.firstIndex(of: "encoding"), index + 1 < words.count else { return nil }
        return String(words[index + 1])
    }

    private static func firstInvalidByte(in bytes: [UInt8], onlyASCII: Bool) -> Int? {
        if onlyASCII { return bytes.firstIndex { $0 >= 0x80 } }
        do throws(Unicode.UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    private static func refusal(_ message: String, at offset: Int, in bytes: [UInt8]) -> XMLError {
        XMLError(
            XMLDiagnostic.Codes.encoding,
            message,
            expected: "UTF-8 (or US-ASCII)",
            at: PositionTracker.position(of: offset, in: bytes)
        )
    }
}
