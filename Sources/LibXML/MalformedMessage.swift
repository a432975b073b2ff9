import CLibXML2

/// What is said of a document that is not well-formed: in words of ours where people stumble, else in libxml2's.
struct MalformedMessage {
    let message: String
    let expected: String
    /// Whether the place is that of the `&` before where the parser is.
    let isAboutAmpersand: Bool

    init(_ report: DiagnosticCollector.Report) {
        switch UInt32(bitPattern: report.code) {
        case XML_ERR_NAME_REQUIRED.rawValue where report.message.contains("EntityRef"),
            XML_ERR_ENTITYREF_SEMICOL_MISSING.rawValue:
            self.message = "an '&' that begins no reference"
            self.expected = "&amp;, or <![CDATA[ … ]]> around the text"
            self.isAboutAmpersand = true
        case XML_ERR_UNDECLARED_ENTITY.rawValue:
            self.message = "there is no entity '\((report.subject ?? "").prefix(100))'"
            self.expected = "&lt; &gt; &amp; &quot; &apos;, the character itself, or its number as &#160;"
            self.isAboutAmpersand = true
        case XML_ERR_TAG_NAME_MISMATCH.rawValue:
            self.message = "an end tag that is not that of the element '\((report.subject ?? "").prefix(100))'"
            self.expected = "the end tags in the reverse order of the start tags"
            self.isAboutAmpersand = false
        default:
            self.message = report.message
            self.expected = "well-formed XML"
            self.isAboutAmpersand = false
        }
    }
}
