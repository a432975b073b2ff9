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

/// A sequence of numbers that is the same in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
