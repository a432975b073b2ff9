import CLibXML2

/// libxml2's tree of one document; freed when it goes out of scope.
struct DocumentTree: ~Copyable {
    let raw: xmlDocPtr

    deinit { xmlFreeDoc(raw) }

    /// Parses bytes that ``DocumentScan`` let through.
    ///
    /// - Throws: ``XMLError`` with code `xml.malformed`.
    init(parsing bytes: [UInt8], outline: DocumentOutline) throws(XMLError) {
        guard let context = xmlNewParserCtxt() else { throw Self.outOfMemory }
        defer { xmlFreeParserCtxt(context) }
        let collector = DiagnosticCollector(limit: 20)
        Self.prepare(context, collector)
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue | XML_PARSE_NOWARNING.rawValue
        let document = withExtendedLifetime(collector) {
            bytes.withUnsafeBytes { buffer in
                xmlCtxtReadMemory(
                    context,
                    buffer.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(buffer.count),
                    nil,
                    "UTF-8",
                    Int32(options)
                )
            }
        }
        let problems = Self.problems(in: collector, bytes: bytes, outline: outline)
        guard let document, problems.isEmpty, document.pointee.intSubset == nil else {
            if let document { xmlFreeDoc(document) }
            throw problems.isEmpty ? Self.outOfMemory : XMLError(diagnostics: problems)
        }
        self.raw = document
    }

    private static func prepare(_ context: xmlParserCtxtPtr, _ collector: DiagnosticCollector) {
        context.pointee._private = collector.userData
        // libvirt changes this thread-wide default to 0.
        context.pointee.keepBlanks = 1
        guard let handlers = context.pointee.sax else { return }
        handlers.pointee.serror = DiagnosticCollector.parserCallback
        // Neither means anything here; without nodes for them they cost no memory and do not cut text in pieces.
        handlers.pointee.comment = nil
        handlers.pointee.processingInstruction = nil
    }

    private static let outOfMemory = XMLError(XMLDiagnostic.Codes.malformed, "the document could not be read")

    /// The first fatal error says it all, what follows it is its echo; errors in the use of namespaces are all of
    /// interest.
    private static func problems(
        in collector: DiagnosticCollector,
        bytes: [UInt8],
        outline: DocumentOutline
    ) -> [XMLDiagnostic] {
        let fatal = collector.reports.first(where: \.isFatal)
        return (fatal.map { [$0] } ?? collector.reports).map { report in
            let words = MalformedMessage(report)
            let offset = words.isAboutAmpersand ? Self.ampersand(before: report.offset, in: bytes) : report.offset
            let element = outline.element(at: report.offset, openElements: report.openElements)
            return XMLDiagnostic(
                code: XMLDiagnostic.Codes.malformed,
                message: words.message,
                expected: words.expected,
                position: PositionTracker.position(of: offset, in: bytes),
                path: element.map { outline.path(of: $0) } ?? "/"
            )
        }
    }

    /// The parser has read on when it complains of a reference.
    private static func ampersand(before offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<min(offset, bytes.count)].lastIndex(of: UInt8(ascii: "&")) ?? offset
    }

    /// The number that ``forEachElement(_:)`` gave to an element: its place in document order.
    static func number(of node: xmlNodePtr) -> Int? {
        guard let mark = node.pointee._private else { return nil }
        return Int(bitPattern: mark) - 1
    }

    /// Numbers the elements in document order, and takes off what would make a validator open other files.
    ///
    /// - Returns: How many elements there are.
    func number() -> Int {
        var count = 0
        var next = xmlDocGetRootElement(self.raw)
        while let node = next {
            if node.pointee.type == XML_ELEMENT_NODE {
                count += 1
                node.pointee._private = UnsafeMutableRawPointer(bitPattern: count)
                Self.removeSchemaLocations(of: node)
            }
            next = Self.successor(of: node)
        }
        return count
    }

    /// The next node in document order, never climbing above the root.
    private static func successor(of node: xmlNodePtr) -> xmlNodePtr? {
        if node.pointee.type == XML_ELEMENT_NODE, let child = node.pointee.children { return child }
        var current = node
        while current.pointee.parent?.pointee.type == XML_ELEMENT_NODE {
            if let sibling = current.pointee.next { return sibling }
            current = current.pointee.parent
        }
        return nil
    }

    /// Takes elements out of the tree, by their numbers, with all that is in them.
    func remove(_ numbers: Set<Int>) {
        var doomed: [xmlNodePtr] = []
        var next = xmlDocGetRootElement(self.raw)
        while let node = next {
            if node.pointee.type == XML_ELEMENT_NODE, Self.number(of: node).map(numbers.contains) ?? false {
                doomed.append(node)
            }
            next = Self.successor(of: node)
        }
        // From the end, so that none is freed before what is in it.
        for node in doomed.reversed() {
            xmlUnlinkNode(node)
            xmlFreeNode(node)
        }
    }

    private static func removeSchemaLocations(of node: xmlNodePtr) {
        let namespace = "http://www.w3.org/2001/XMLSchema-instance"
        for name in ["schemaLocation", "noNamespaceSchemaLocation"] {
            if let attribute = xmlHasNsProp(node, name, namespace) { xmlRemoveProp(attribute) }
        }
    }
}
