/// One complaint about a document.
public struct XMLDiagnostic: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of complaint: one of the `xml.…` codes of ``XMLDiagnostic/Codes``; stable between releases.
    public var code: String
    /// What is wrong, in words.
    public var message: String
    /// What would have been right, in words, where that can be said.
    public var expected: String?
    /// Where: the start tag of the element concerned, or the very character.
    public var position: XMLPosition
    /// The element concerned, as `/request/actions/action[2]`, or its attribute, as `/request/client/@domain`.
    public var path: String

    /// Creates a diagnostic.
    public init(code: String, message: String, expected: String? = nil, position: XMLPosition, path: String) {
        self.code = code
        self.message = message
        self.expected = expected
        self.position = position
        self.path = path
    }

    /// `line:column: path: message; expected … [code]`.
    public var description: String {
        let wanted = self.expected.map { "; expected \($0)" } ?? ""
        return "\(self.position): \(self.path): \(self.message)\(wanted) [\(self.code)]"
    }

    /// The stable codes that this room gives.
    public enum Codes {
        /// Not well-formed XML, or cut off.
        public static let malformed = "xml.malformed"
        /// A character that XML cannot carry.
        public static let character = "xml.character"
        /// An encoding other than UTF-8 and US-ASCII, or bytes that are not what was declared.
        public static let encoding = "xml.encoding"
        /// A document type declaration, which is never accepted.
        public static let doctype = "xml.doctype"
        /// More bytes than the limit.
        public static let tooLarge = "xml.too-large"
        /// Deeper than the limit.
        public static let tooDeep = "xml.too-deep"
        /// More elements than the limit.
        public static let tooManyElements = "xml.too-many-elements"
        /// More attributes on one element, or namespaces in scope, than the limit.
        public static let tooManyAttributes = "xml.too-many-attributes"
        /// A tag longer than the limit.
        public static let tagTooLong = "xml.tag-too-long"
        /// The root element has another name or namespace than the schema's.
        public static let root = "xml.root"
        /// A violation of the schema.
        public static let schema = "xml.schema"
        /// The schema itself does not compile.
        public static let invalidSchema = "xml.invalid-schema"
        /// A value that cannot be written as XML.
        public static let unwritable = "xml.unwritable"
    }
}

/// What is wrong with a document, a schema, or a value to be written.
public struct XMLError: Error, Hashable, Codable, CustomStringConvertible {
    /// All complaints, in document order; never empty.
    public var diagnostics: [XMLDiagnostic]

    /// Creates an error of several complaints.
    public init(diagnostics: [XMLDiagnostic]) {
        self.diagnostics = diagnostics
    }

    /// Creates an error of one complaint.
    public init(
        _ code: String,
        _ message: String,
        expected: String? = nil,
        at position: XMLPosition = .start,
        path: String = "/"
    ) {
        self.diagnostics = [
            XMLDiagnostic(code: code, message: message, expected: expected, position: position, path: path)
        ]
    }

    /// One line a complaint.
    public var description: String { self.diagnostics.map(\.description).joined(separator: "\n") }
}
