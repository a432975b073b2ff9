/// The guard before libxml2: one pass over the bytes, no recursion, no memory but the outline.
///
/// It knows just enough XML to find tags. Whatever it lets through is at most as costly as its size; whether that is
/// well-formed is for libxml2 to say.
struct DocumentScan {
    private let bytes: [UInt8]
    private let limits: XMLLimits
    private var outline: DocumentOutline
    /// Open elements, as indices into the outline.
    private var open: [Int] = []
    /// Namespace declarations of each open element, and their sum.
    private var declarations: [Int] = []
    private var declarationsInScope = 0
    private var tracker: PositionTracker

    private init(_ bytes: [UInt8], limits: XMLLimits) {
        self.bytes = bytes
        self.limits = limits
        self.outline = DocumentOutline(bytes: bytes)
        self.tracker = PositionTracker()
    }

    /// Scans a document whose byte order mark is already off and whose encoding is checked.
    static func outline(of bytes: [UInt8], limits: XMLLimits) throws(XMLError) -> DocumentOutline {
        var scan = DocumentScan(bytes, limits: limits)
        try scan.run()
        return scan.outline
    }

    private mutating func run() throws(XMLError) {
        var index = 0
        while index < self.bytes.count {
            let byte = self.bytes[index]
            if byte == Ascii.less {
                index = try self.scanMarkup(at: index)
            } else {
                try self.checkCharacter(byte, at: index)
                index += 1
            }
        }
        guard let last = self.open.last else { return }
        throw self.failure(
            XMLDiagnostic.Codes.malformed,
            "the document ends inside element '\(self.outline.name(of: last))'",
            expected: "</\(self.outline.name(of: last))>",
            at: self.bytes.count
        )
    }

    /// Handles what begins with `<`, and returns the offset behind it.
    private mutating func scanMarkup(at start: Int) throws(XMLError) -> Int {
        switch self.byte(at: start + 1) {
        case Ascii.exclamation: return try self.scanDeclaration(at: start)
        case Ascii.question:
            return try self.skip(past: "?>", from: start + 2, openedAt: start, what: "processing instruction")
        case Ascii.slash: return try self.scanEndTag(at: start)
        case let next? where Ascii.beginsName(next): return try self.scanStartTag(at: start)
        default:
            throw self.failure(
                XMLDiagnostic.Codes.malformed,
                "a '<' that begins no tag",
                expected: "&lt;, or <![CDATA[ … ]]> around the text",
                at: start
            )
        }
    }

    private mutating func scanDeclaration(at start: Int) throws(XMLError) -> Int {
        if self.has("<!--", at: start) {
            return try self.skip(past: "-->", from: start + 4, openedAt: start, what: "comment")
        }
        if self.has("<![CDATA[", at: start) {
            return try self.skip(past: "]]>", from: start + 9, openedAt: start, what: "CDATA section")
        }
        guard self.has("<!DOCTYPE", at: start) else {
            throw self.failure(
                XMLDiagnostic.Codes.malformed,
                "this markup declaration has no meaning here",
                expected: "an element, a comment or a CDATA section",
                at: start
            )
        }
        throw self.failure(
            XMLDiagnostic.Codes.doctype,
            "a document type declaration is not accepted, nor are entities",
            expected: "the document without <!DOCTYPE …>",
            at: start
        )
    }

    private mutating func scanEndTag(at start: Int) throws(XMLError) -> Int {
        guard !self.open.isEmpty else {
            throw self.failure(
                XMLDiagnostic.Codes.malformed,
                "an end tag without its start tag",
                expected: "the start tag before it",
                at: start
            )
        }
        let end = try self.skip(
            past: ">",
            from: start + 2,
            openedAt: start,
            what: "end tag",
            atMost: self.limits.tagBytes
        )
        try self.checkEndTag(at: start)
        self.closeElement()
        return end
    }

    /// An end tag must be that of the element which is open.
    private mutating func checkEndTag(at start: Int) throws(XMLError) {
        guard let last = self.open.last else { return }
        let opened = self.bytes[self.outline.starts[last].name]
        let nameEnd = self.bytes[(start + 2)...].firstIndex { Ascii.endsName($0) } ?? self.bytes.count
        let closed = self.bytes[(start + 2)..<min(nameEnd, start + 2 + DocumentOutline.longestName)]
        guard opened != closed else { return }
        let name = String(decoding: opened, as: UTF8.self)
        throw self.failure(
            XMLDiagnostic.Codes.malformed,
            "the end tag of '\(String(decoding: closed, as: UTF8.self))' inside '\(name)', which begins at "
                + "\(self.outline.starts[last].position)",
            expected: "</\(name)>; or &lt; there, if it begins no element",
            at: start
        )
    }

    private mutating func scanStartTag(at start: Int) throws(XMLError) -> Int {
        var tag = TagScan(start: start)
        self.beginElement(at: start)
        try self.checkCounts(at: start)
        var index = start + 1
        while true {
            guard index < self.bytes.count else { throw self.unterminated("start tag", openedAt: start) }
            guard index - start <= self.limits.tagBytes else { throw self.tooLong(at: start) }
            let byte = self.bytes[index]
            try self.checkCharacter(byte, at: index)
            guard byte != Ascii.less else { throw self.less(inside: tag, openedAt: start, at: index) }
            index += 1
            if tag.consume(byte, in: self.bytes, at: index - 1) { break }
            try self.checkAttributes(tag, at: start)
        }
        self.outline.closeLastTag(at: index - 1)
        self.declarations.append(tag.declarations)
        self.declarationsInScope += tag.declarations
        if self.bytes[index - 2] == Ascii.slash { self.closeElement() }
        return index
    }

    private mutating func beginElement(at start: Int) {
        let nameEnd = self.bytes[(start + 1)...].firstIndex { Ascii.endsName($0) } ?? self.bytes.count
        self.outline.append(
            .init(
                position: self.tracker.position(of: start, in: self.bytes),
                name: (start + 1)..<min(nameEnd, start + 1 + DocumentOutline.longestName),
                end: start,
                parent: self.open.last ?? -1,
                depth: self.open.count + 1
            )
        )
        self.open.append(self.outline.starts.count - 1)
    }

    private mutating func closeElement() {
        self.open.removeLast()
        self.declarationsInScope -= self.declarations.popLast() ?? 0
    }

    private func byte(at index: Int) -> UInt8? {
        index < self.bytes.count ? self.bytes[index] : nil
    }

    private func has(_ word: StaticString, at start: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard start + length <= self.bytes.count else { return false }
        return word.withUTF8Buffer { self.bytes[start..<(start + length)].elementsEqual($0) }
    }

    private mutating func skip(
        past terminator: StaticString,
        from start: Int,
        openedAt opening: Int,
        what: String,
        atMost limit: Int = .max
    ) throws(XMLError) -> Int {
        let first = terminator.utf8Start.pointee
        var index = start
        while index < self.bytes.count {
            guard index - start <= limit else { throw self.tooLong(at: opening) }
            let byte = self.bytes[index]
            if byte == first, self.has(terminator, at: index) { return index + terminator.utf8CodeUnitCount }
            try self.checkCharacter(byte, at: index)
            index += 1
        }
        throw self.unterminated(what, openedAt: opening)
    }
}

// MARK: - Checks

extension DocumentScan {
    private mutating func checkCharacter(_ byte: UInt8, at index: Int) throws(XMLError) {
        guard byte >= 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
            throw self.failure(
                XMLDiagnostic.Codes.character,
                "control character U+\(String(Int(byte) + 0x10000, radix: 16, uppercase: true).dropFirst())",
                expected: "text; XML has no way to carry control characters",
                at: index
            )
        }
    }

    private mutating func checkCounts(at start: Int) throws(XMLError) {
        guard self.open.count <= self.limits.depth else {
            throw self.failure(
                XMLDiagnostic.Codes.tooDeep,
                "elements are nested deeper than \(self.limits.depth)",
                expected: "at most \(self.limits.depth) levels",
                at: start
            )
        }
        guard self.outline.starts.count <= self.limits.elements else {
            throw self.failure(
                XMLDiagnostic.Codes.tooManyElements,
                "more than \(self.limits.elements) elements",
                expected: "at most \(self.limits.elements) elements",
                at: start
            )
        }
    }

    private mutating func checkAttributes(_ tag: TagScan, at start: Int) throws(XMLError) {
        let limit = self.limits.attributesPerElement
        guard tag.attributes > limit || self.declarationsInScope + tag.declarations > limit else { return }
        throw self.failure(
            XMLDiagnostic.Codes.tooManyAttributes,
            "more than \(limit) attributes on one element, or namespaces in scope",
            expected: "at most \(limit)",
            at: start
        )
    }

    /// A `<` in a tag: in a value it is a slip of its own; elsewhere it shows that the tag does not end, or is none.
    private mutating func less(inside tag: TagScan, openedAt start: Int, at index: Int) -> XMLError {
        if tag.isQuoted {
            return self.failure(
                XMLDiagnostic.Codes.malformed,
                "a '<' in the value of an attribute",
                expected: "&lt;",
                at: index
            )
        }
        self.open.removeLast()
        return self.failure(
            XMLDiagnostic.Codes.malformed,
            "the tag that begins here does not end before the next '<'",
            expected: "'>' at its end; or, if it is no tag, &lt; or <![CDATA[ … ]]> around the text",
            at: start
        )
    }

    private mutating func tooLong(at start: Int) -> XMLError {
        self.failure(
            XMLDiagnostic.Codes.tagTooLong,
            "a tag of more than \(self.limits.tagBytes) bytes",
            expected: "at most \(self.limits.tagBytes) bytes between '<' and '>'",
            at: start
        )
    }

    private mutating func unterminated(_ what: String, openedAt start: Int) -> XMLError {
        self.failure(
            XMLDiagnostic.Codes.malformed,
            "the document ends inside the \(what) that begins here",
            expected: "the end of the \(what)",
            at: start
        )
    }

    private mutating func failure(
        _ code: String,
        _ message: String,
        expected: String,
        at offset: Int
    ) -> XMLError {
        XMLError(
            code,
            message,
            expected: expected,
            at: PositionTracker.position(of: offset, in: self.bytes),
            path: self.open.last.map { self.outline.path(of: $0) } ?? "/"
        )
    }
}
