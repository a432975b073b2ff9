public import LibXML

/// Reads request documents.
///
/// Synchronous and linear in the document, which the limits bound. Ten actions take a tenth of a
/// millisecond, 10⁵ about a second: parse what is not small off the cooperative pool.
public struct RequestParser: Sendable {
    /// How much XML is accepted.
    public var limits: XMLLimits
    /// How many actions are accepted, those of recovery graphs included.
    public var maximumActions: Int

    /// Creates a parser.
    public init(limits: XMLLimits = XMLLimits(), maximumActions: Int = 10_000) {
        self.limits = limits
        self.maximumActions = maximumActions
    }

    /// Reads a document.
    ///
    /// - Throws: ``RequestError`` with all that is wrong: what the XML is not, what the schema forbids, and what only a
    ///   look at the whole shows.
    public func parse(_ bytes: [UInt8]) throws(RequestError) -> Request {
        let document: XMLParser.Result
        do throws(XMLError) {
            document = try XMLParser(limits: self.limits, schema: try RequestSchema.compiled()).examine(bytes)
        } catch {
            throw RequestError(diagnostics: error.diagnostics.map(RequestDiagnostic.init))
        }
        var reader = RequestReader(maximumActions: self.maximumActions, limit: self.limits.diagnostics)
        let request = reader.read(document.root, violations: document.violations)
        guard let request, reader.diagnostics.isEmpty else {
            throw RequestError(diagnostics: reader.diagnosticsInOrder)
        }
        return request
    }
}
