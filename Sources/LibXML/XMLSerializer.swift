extension XMLElement {
    /// Writes the element as a document: XML declaration, UTF-8, one element a line.
    ///
    /// Text comes back from ``XMLParser`` exactly as it was: carriage returns travel as `&#13;`, `]]>` as `]]&gt;`, and
    /// no white space is added where there is text. A namespace is declared where it differs from the parent's.
    ///
    /// - Parameter indent: Spaces a level; 0 writes everything on one line.
    /// - Returns: The document, ending in a line feed.
    /// - Throws: ``XMLError`` with code `xml.unwritable` for a name that is none, or a character that XML cannot carry.
    public func serialized(indent: Int = 2) throws(XMLError) -> String {
        var writer = XMLSerializer(indent: indent)
        try writer.write(self)
        return writer.output
    }
}

/// An escaping writer. Nothing reaches its output but through ``escape(_:inAttribute:path:)`` and
/// ``checkedName(_:path:)``.
struct XMLSerializer {
    private(set) var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private let indent: Int
    private var path: [String] = []

    init(indent: Int) {
        self.indent = max(0, indent)
    }

    mutating func write(_ root: XMLElement) throws(XMLError) {
        try self.write(root, inherited: nil, level: 0, pretty: self.indent > 0)
        self.output += "\n"
    }

    // Recursion: the depth of a value tree that code of ours builds, or that `XMLLimits.deepest` bounds.
    private mutating func write(
        _ element: XMLElement,
        inherited: String?,
        level: Int,
        pretty: Bool
    ) throws(XMLError) {
        self.path.append(element.name)
        let name = try self.checkedName(element.name)
        self.output += "<" + name
        try self.writeAttributes(of: element, inherited: inherited)
        if element.children.isEmpty && element.text.isEmpty {
            self.output += "/>"
        } else {
            self.output += ">"
            self.output += try self.escape(element.text, inAttribute: false)
            // White space may only be added where there is no text that it would become part of.
            let lines = pretty && element.text.isEmpty
            for child in element.children {
                if lines { self.breakLine(level + 1) }
                try self.write(child, inherited: element.namespace, level: level + 1, pretty: lines)
            }
            if lines && !element.children.isEmpty { self.breakLine(level) }
            self.output += "</" + name + ">"
        }
        self.path.removeLast()
    }

    private mutating func writeAttributes(of element: XMLElement, inherited: String?) throws(XMLError) {
        if element.namespace != inherited {
            self.output += " xmlns=\"" + (try self.escape(element.namespace ?? "", inAttribute: true)) + "\""
        }
        var declared: Set<String> = []
        for attribute in element.attributes {
            let name = try self.checkedName(attribute.name)
            if let namespace = attribute.namespace, let prefix = Self.prefix(of: name), prefix != "xml",
                declared.insert(prefix).inserted
            {
                self.output += " xmlns:\(prefix)=\"" + (try self.escape(namespace, inAttribute: true)) + "\""
            }
            self.output += " " + name + "=\"" + (try self.escape(attribute.value, inAttribute: true)) + "\""
        }
    }

    private mutating func breakLine(_ level: Int) {
        self.output += "\n" + String(repeating: " ", count: level * self.indent)
    }

    private static func prefix(of name: String) -> String? {
        name.firstIndex(of: ":").map { String(name[..<$0]) }
    }

    private func checkedName(_ name: String) throws(XMLError) -> String {
        var first = true
        for byte in name.utf8 {
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == 0x5F || byte >= 0x80
            let isOther = byte >= 0x30 && byte <= 0x3A || byte == 0x2D || byte == 0x2E
            guard isLetter || (!first && isOther) else { throw self.unwritable("'\(name)' is not an XML name") }
            first = false
        }
        guard !first else { throw self.unwritable("a name is empty") }
        return name
    }

    private func escape(_ text: String, inAttribute: Bool) throws(XMLError) -> String {
        // Most text needs nothing: then it is copied whole.
        guard text.utf8.contains(where: { Self.isSpecial($0) }) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += inAttribute ? "&quot;" : "\""
            case "\r": result += "&#13;"
            case "\n": result += inAttribute ? "&#10;" : "\n"
            case "\t": result += inAttribute ? "&#9;" : "\t"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}":
                throw self.unwritable(
                    "character U+\(String(scalar.value, radix: 16, uppercase: true)) has no form in XML"
                )
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Bytes that need a closer look; 0xEF begins U+FFFE and U+FFFF.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x26 || byte == 0x3C || byte == 0x3E || byte == 0xEF
    }

    private func unwritable(_ message: String) -> XMLError {
        XMLError(XMLDiagnostic.Codes.unwritable, message, path: "/" + self.path.joined(separator: "/"))
    }
}
