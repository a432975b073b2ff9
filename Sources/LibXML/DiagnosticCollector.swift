import CLibXML2

/// What libxml2 reports during one synchronous call. It never leaves that call's thread.
final class DiagnosticCollector {
    /// One report, its message without the line end.
    struct Report {
        var message: String
        /// libxml2's number for the kind of mistake.
        var code: Int32
        /// The name that the message is about, where it is about one.
        var subject: String?
        var isFatal: Bool
        var offset: Int
        var openElements: Int
        /// The node that it is about, as ``DocumentTree`` numbered it, and the name of the attribute if it is about
        /// one.
        var element: Int?
        var attribute: String?
    }

    private(set) var reports: [Report] = []
    private(set) var dropped = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// The pointer to give to libxml2; valid for as long as `self` is.
    var userData: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// For the parser, which passes its own context; the collector is in `_private`.
    static let parserCallback: xmlStructuredErrorFunc = { userData, error in
        guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue,
            let context = userData?.assumingMemoryBound(to: xmlParserCtxt.self),
            let collector = context.pointee._private
        else { return }
        var offset = 0
        if let input = context.pointee.input, let current = input.pointee.cur, let base = input.pointee.base {
            offset = Int(input.pointee.consumed) + (current - base)
        }
        Unmanaged<DiagnosticCollector>.fromOpaque(collector).takeUnretainedValue()
            .append(error.pointee, offset: offset, openElements: Int(context.pointee.nodeNr))
    }

    /// For schema compilation and validation.
    static let schemaCallback: xmlStructuredErrorFunc = { userData, error in
        guard let userData, let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        Unmanaged<DiagnosticCollector>.fromOpaque(userData).takeUnretainedValue()
            .append(error.pointee, offset: 0, openElements: 0)
    }

    private func append(_ error: xmlError, offset: Int, openElements: Int) {
        guard self.reports.count < self.limit else {
            self.dropped += 1
            return
        }
        let message = error.message.map { String(cString: $0) } ?? "unknown error"
        let node = Self.element(of: error.node)
        self.reports.append(
            Report(
                message: String(message.split(whereSeparator: \.isNewline).joined(separator: " ")),
                code: error.code,
                subject: error.str1.map { String(cString: $0) },
                isFatal: error.level == XML_ERR_FATAL,
                offset: offset,
                openElements: openElements,
                element: node.number,
                attribute: node.attribute
            )
        )
    }

    private static func element(of node: UnsafeMutableRawPointer?) -> (number: Int?, attribute: String?) {
        guard let node = node?.assumingMemoryBound(to: xmlNode.self) else { return (nil, nil) }
        guard node.pointee.type == XML_ATTRIBUTE_NODE else { return (DocumentTree.number(of: node), nil) }
        let name = node.pointee.name.map { String(cString: $0) }
        return (node.pointee.parent.flatMap { DocumentTree.number(of: $0) }, name)
    }
}
