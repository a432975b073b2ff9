import LibXML

/// An element of a document, with what is needed to say where it is. The path is put together only when somebody asks.
struct ElementCursor {
    let element: XMLElement
    private let parentPath: String
    /// Its number among siblings of the same name, from 1; nil if it has none.
    private let ordinal: Int?

    init(root: XMLElement) {
        self.init(element: root, parentPath: "", ordinal: nil)
    }

    private init(element: XMLElement, parentPath: String, ordinal: Int?) {
        self.element = element
        self.parentPath = parentPath
        self.ordinal = ordinal
    }

    var path: String {
        let number = self.ordinal.map { "[\($0)]" } ?? ""
        return "\(self.parentPath)/\(self.element.name)\(number)"
    }

    /// The children of a name that belong to the language of requests.
    func children(_ name: String) -> [ElementCursor] {
        let found = self.element.children.filter { $0.name == name && $0.namespace == RequestSchema.namespace }
        guard !found.isEmpty else { return [] }
        let path = self.path
        return found.enumerated().map { index, child in
            ElementCursor(element: child, parentPath: path, ordinal: found.count > 1 ? index + 1 : nil)
        }
    }

    func first(_ name: String) -> ElementCursor? {
        self.children(name).first
    }

    /// The text without white space around it.
    var word: String {
        let text = self.element.text.unicodeScalars
        let end = text.lastIndex { !$0.properties.isWhitespace }
        guard let start = text.firstIndex(where: { !$0.properties.isWhitespace }), let end else { return "" }
        return String(text[start...end])
    }
}
