/// The parts of one of libxml2's messages: `Element 'e', attribute 'a': What is wrong. Expected is ( x ).`
struct SchemaMessage {
    private(set) var element: String?
    private(set) var attribute: String?
    private(set) var message: String
    private(set) var expected: String?
    /// The elements that would have been right, by name.
    private(set) var expectedElements: [String] = []
    private(set) var type: String?
    private(set) var isUnknownAttribute = false

    /// The longest message that is passed on: a value from the document may be part of it.
    private static let longest = 400

    /// Whether a message is about an element that may not stand where it is.
    static func isUnexpected(_ text: String) -> Bool { text.contains("': This element is not expected.") }

    init(_ text: String) {
        self.message = text
        self.takeSubject()
        self.takeExpectation()
        self.isUnknownAttribute = self.message.hasPrefix("The attribute '") && self.message.contains("is not allowed")
        if let mark = self.message.ranges(of: "type '").last, self.message.contains("is not a valid value of") {
            let name = self.message[mark.upperBound...].split(separator: "'").first ?? ""
            self.type = SchemaVocabulary.localName(String(name))
            self.message = String(self.message[..<mark.lowerBound].split(separator: " of the ").first ?? "")
        }
        if self.message.contains("is required but missing") { self.expected = "that attribute" }
        self.message = self.message.replacing("[facet 'pattern'] ", with: "").replacing(
            "[facet 'enumeration'] ",
            with: ""
        )
        if self.message.hasPrefix("This element is") || self.message.hasPrefix("Missing child") {
            self.message = (self.element.map { "Element '\($0)': " } ?? "") + self.message
        }
        self.message = Self.tidy(self.message)
    }

    /// `Element 'e', attribute 'a': …`
    private mutating func takeSubject() {
        guard self.message.hasPrefix("Element '"), let end = self.message.firstRange(of: "': ") else { return }
        let names = self.message[..<end.lowerBound].split(separator: "'", omittingEmptySubsequences: false)
        self.element = names.count > 1 ? String(names[1]) : nil
        self.attribute = names.count > 3 ? String(names[3]) : nil
        self.message = String(self.message[end.upperBound...])
    }

    /// `… Expected is one of ( a, b ).`
    private mutating func takeExpectation() {
        guard let mark = self.message.ranges(of: " Expected is ").last else { return }
        let list = self.message[mark.upperBound...].drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
        let names = list.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        if !names.isEmpty { self.expected = names.map { "<" + $0 + ">" }.joined(separator: " or ") }
        self.expectedElements = names
        self.message = String(self.message[..<mark.lowerBound])
    }

    private static func tidy(_ message: String) -> String {
        var text = message
        while text.hasSuffix(".") || text.hasSuffix(" ") { text.removeLast() }
        guard text.count > Self.longest else { return text }
        return text.prefix(Self.longest) + "…"
    }
}
