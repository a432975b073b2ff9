import CLibXML2

/// A compiled XML Schema. Compile once, use from any thread.
public final class XMLSchema: Sendable {
    // SAFETY: validation only reads a compiled schema (each has a context of its own), and nothing here writes to it
    // between `init` and `deinit`.
    private nonisolated(unsafe) let raw: xmlSchemaPtr
    let vocabulary: SchemaVocabulary

    /// Compiles a schema. It cannot include or import others: nothing is opened.
    ///
    /// What its simple types' documentation says becomes the "expected …" of error messages.
    ///
    /// - Parameter source: The text of the `.xsd`.
    /// - Throws: ``XMLError`` with code `xml.invalid-schema`, or that of a malformed document.
    public init(compiling source: String) throws(XMLError) {
        let limits = XMLLimits(bytes: 16 << 20, depth: 64, elements: 100_000, tagBytes: 64 << 10)
        self.vocabulary = SchemaVocabulary(try XMLParser(limits: limits).parse(Array(source.utf8)))
        self.raw = try SealedThread.run { () throws(XMLError) in try Self.compile(source) }
    }

    deinit { xmlSchemaFree(raw) }

    private static func compile(_ source: String) throws(XMLError) -> xmlSchemaPtr {
        let collector = DiagnosticCollector(limit: 20)
        let bytes = Array(source.utf8)
        let schema: xmlSchemaPtr? = bytes.withUnsafeBytes { buffer in
            let start = buffer.assumingMemoryBound(to: CChar.self).baseAddress
            guard let context = xmlSchemaNewMemParserCtxt(start, Int32(buffer.count)) else { return nil }
            defer { xmlSchemaFreeParserCtxt(context) }
            xmlSchemaSetParserStructuredErrors(context, DiagnosticCollector.schemaCallback, collector.userData)
            return withExtendedLifetime(collector) { xmlSchemaParse(context) }
        }
        if let schema { return schema }
        let messages = collector.reports.map(\.message).joined(separator: "; ")
        throw XMLError(XMLDiagnostic.Codes.invalidSchema, messages.isEmpty ? "the schema does not compile" : messages)
    }

    /// Refuses a root that the schema does not declare, in words that help: usually a namespace was forgotten.
    func checkRoot(_ root: XMLElement) throws(XMLError) {
        let words = self.vocabulary
        guard root.namespace != words.targetNamespace || !words.roots.contains(root.name) else { return }
        let name = words.roots.contains(root.name) ? root.name : words.roots.first ?? root.name
        let declaration = words.targetNamespace.map { " xmlns=\"\($0)\"" } ?? ""
        let place = root.namespace.map { "in namespace '\($0.prefix(200))'" } ?? "in no namespace"
        throw XMLError(
            XMLDiagnostic.Codes.root,
            "the root element is '\(root.name.prefix(100))' \(place)",
            expected: "<\(name)\(declaration)>",
            at: root.position,
            path: "/" + root.name.prefix(100)
        )
    }

    /// So often a tree is validated again.
    private static let mostRounds = 20

    /// Everything in a tree that violates the schema, in document order.
    func violations(of tree: borrowing DocumentTree, outline: DocumentOutline, limit: Int) -> [XMLDiagnostic] {
        guard let (reports, dropped, isValid) = self.reports(on: tree, limit: limit) else {
            return XMLError(XMLDiagnostic.Codes.schema, "the document could not be checked").diagnostics
        }
        // A validator that fails without a word must not pass for one that was content.
        guard isValid || !reports.isEmpty else {
            return XMLError(XMLDiagnostic.Codes.schema, "the document is invalid").diagnostics
        }
        return SchemaViolations(
            reports: Self.inDocumentOrder(reports),
            dropped: dropped,
            outline: outline,
            vocabulary: self.vocabulary
        ).diagnostics(limit: limit)
    }

    /// What the validator says, and how much more there would have been; nil if there is no validator to be had.
    ///
    /// At an element that it does not expect, it turns away from all that follows beside it. So such elements are taken
    /// out of the tree, and what is left is looked at again.
    private func reports(
        on tree: borrowing DocumentTree,
        limit: Int
    ) -> (reports: [DiagnosticCollector.Report], dropped: Int, isValid: Bool)? {
        var reports: [DiagnosticCollector.Report] = []
        for round in 1... {
            let collector = DiagnosticCollector(limit: limit * 2)
            guard let isValid = self.validate(tree, collector) else { return nil }
            let unexpected = collector.reports.filter { $0.element != nil && SchemaMessage.isUnexpected($0.message) }
            if unexpected.isEmpty || round == Self.mostRounds || reports.count > limit {
                return (reports + collector.reports, collector.dropped, isValid)
            }
            // What else was found will be found again.
            reports += unexpected
            tree.remove(Set(unexpected.compactMap(\.element)))
        }
        return nil
    }

    private static func inDocumentOrder(_ reports: [DiagnosticCollector.Report]) -> [DiagnosticCollector.Report] {
        reports.enumerated()
            .sorted { ($0.element.element ?? -1, $0.offset) < ($1.element.element ?? -1, $1.offset) }
            .map(\.element)
    }

    /// One pass of the validator; nil if it cannot be had.
    private func validate(_ tree: borrowing DocumentTree, _ collector: DiagnosticCollector) -> Bool? {
        guard let context = xmlSchemaNewValidCtxt(self.raw) else { return nil }
        defer { xmlSchemaFreeValidCtxt(context) }
        xmlSchemaSetValidStructuredErrors(context, DiagnosticCollector.schemaCallback, collector.userData)
        return withExtendedLifetime(collector) { xmlSchemaValidateDoc(context, tree.raw) } == 0
    }
}
