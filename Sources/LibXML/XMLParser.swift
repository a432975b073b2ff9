/// Turns bytes from a stranger into a value tree.
///
/// Synchronous and bounded: the work is linear in the size of the document, which ``XMLLimits`` bounds. A megabyte
/// takes some tens of milliseconds, so parse what is not small off the cooperative pool.
public struct XMLParser: Sendable {
    /// A document that is well-formed, with what the schema has to say about it.
    public struct Result: Sendable {
        /// The root element.
        public var root: XMLElement
        /// The violations of the schema, in document order; empty for a valid document.
        public var violations: [XMLDiagnostic]
    }

    /// How much is accepted.
    public var limits: XMLLimits
    /// What the document must conform to; nil for any well-formed document.
    public var schema: XMLSchema?

    /// Creates a parser.
    public init(limits: XMLLimits = XMLLimits(), schema: XMLSchema? = nil) {
        self.limits = limits
        self.schema = schema
    }

    /// Parses a document that must be valid.
    ///
    /// - Throws: ``XMLError`` with everything that is wrong, as far as it can be told.
    public func parse(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        let result = try self.examine(bytes)
        guard result.violations.isEmpty else { throw XMLError(diagnostics: result.violations) }
        return result.root
    }

    /// Parses a document, and hands out its tree even if it violates the schema, so that more can be said about it.
    ///
    /// - Throws: ``XMLError`` for a document that is refused, not well-formed, or has another root than the schema's.
    public func examine(_ bytes: [UInt8]) throws(XMLError) -> Result {
        guard bytes.count <= self.limits.bytes else {
            throw XMLError(
                XMLDiagnostic.Codes.tooLarge,
                "the document has \(bytes.count) bytes",
                expected: "at most \(self.limits.bytes) bytes"
            )
        }
        let body = try DocumentEncoding.check(bytes)
        let outline = try DocumentScan.outline(of: body, limits: self.limits)
        guard !outline.starts.isEmpty else {
            throw XMLError(
                XMLDiagnostic.Codes.malformed,
                body.isEmpty ? "the document is empty" : "the document has no element",
                expected: "an XML document with one root element"
            )
        }
        return try SealedThread.run { () throws(XMLError) in try self.read(body, outline) }
    }

    private func read(_ bytes: [UInt8], _ outline: DocumentOutline) throws(XMLError) -> Result {
        let tree = try DocumentTree(parsing: bytes, outline: outline)
        // The guard and libxml2 must have seen the same document.
        guard tree.number() == outline.starts.count, let root = tree.value(positions: outline) else {
            throw XMLError(XMLDiagnostic.Codes.malformed, "the document's structure is ambiguous")
        }
        guard let schema else { return Result(root: root, violations: []) }
        try schema.checkRoot(root)
        return Result(
            root: root,
            violations: schema.violations(of: tree, outline: outline, limit: self.limits.diagnostics)
        )
    }
}
