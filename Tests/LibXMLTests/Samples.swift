import LibXML
import Testing

/// Parses text, and hands out the error if there is one.
func parse(_ text: String, limits: XMLLimits = XMLLimits(), schema: XMLSchema? = nil) throws(XMLError) -> XMLElement {
    try XMLParser(limits: limits, schema: schema).parse(Array(text.utf8))
}

/// The diagnostics of a document that must be refused.
func refusal(
    of bytes: [UInt8],
    limits: XMLLimits = XMLLimits(),
    schema: XMLSchema? = nil,
    _ location: SourceLocation = #_sourceLocation
) -> [XMLDiagnostic] {
    do throws(XMLError) {
        let root = try XMLParser(limits: limits, schema: schema).parse(bytes)
        Issue.record("accepted, root \(root.name)", sourceLocation: location)
        return []
    } catch {
        return error.diagnostics
    }
}

func refusal(
    of text: String,
    limits: XMLLimits = XMLLimits(),
    schema: XMLSchema? = nil,
    _ location: SourceLocation = #_sourceLocation
) -> [XMLDiagnostic] {
    refusal(of: Array(text.utf8), limits: limits, schema: schema, location)
}
