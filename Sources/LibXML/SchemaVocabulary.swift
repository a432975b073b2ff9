/// What an XSD says in words a person can use: its roots, what its types are for, which attributes its elements have.
struct SchemaVocabulary: Sendable {
    let targetNamespace: String?
    let roots: [String]
    /// Simple types by name, with their documentation.
    private(set) var types: [String: String] = [:]
    /// Attributes by element name, with the local names of their types. Where two elements share a name, those of both.
    private(set) var attributes: [String: [(name: String, type: String?)]] = [:]
    /// Child elements by element name.
    private(set) var children: [String: [String]] = [:]
    /// Of elements whose children may be in any order: which must be there, and which may be there once.
    private(set) var required: [String: [String]] = [:]
    private(set) var atMostOnce: [String: [String]] = [:]
    /// The local names of elements' types, by element name.
    private var elementTypes: [String: String] = [:]

    init(_ schema: XMLElement) {
        self.targetNamespace = schema["targetNamespace"]
        self.roots = schema.children(named: "element").compactMap { $0["name"] }
        for type in schema.children(named: "simpleType") {
            guard let name = type["name"], let words = Self.documentation(of: type) else { continue }
            self.types[name] = words
        }
        self.collectElements(schema)
    }

    private static func documentation(of element: XMLElement) -> String? {
        guard let text = element.first(named: "annotation")?.first(named: "documentation")?.text else { return nil }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func collectElements(_ schema: XMLElement) {
        var named: [String: XMLElement] = [:]
        for part in schema.children where part.name == "complexType" || part.name == "group" {
            named[part["name"] ?? ""] = part
        }
        var pending = [schema]
        while let element = pending.popLast() {
            pending.append(contentsOf: element.children)
            guard element.name == "element", let name = element["name"] else { continue }
            let typeName = element["type"].map { Self.localName($0) } ?? ""
            self.elementTypes[name] = typeName
            guard let type = element.first(named: "complexType") ?? named[typeName] else { continue }
            let known = self.attributes[name] ?? []
            let new = Self.attributes(of: type).filter { attribute in !known.contains { $0.name == attribute.name } }
            self.attributes[name] = known + new
            self.children[name] = Self.childNames(of: type, named)
            let parts = type.first(named: "all")?.children(named: "element") ?? []
            self.atMostOnce[name] = parts.compactMap { $0["name"] }
            self.required[name] = parts.filter { $0["minOccurs"] != "0" }.compactMap { $0["name"] }
        }
    }

    /// The elements that a complex type declares, also through groups.
    private static func childNames(of type: XMLElement, _ named: [String: XMLElement]) -> [String] {
        var found: [String] = []
        var pending = [type]
        var budget = 1_000  // Groups may refer to each other.
        while let part = pending.popLast(), budget > 0 {
            budget -= 1
            if part.name == "element", let name = part["name"] ?? part["ref"], !found.contains(name) {
                found.append(name)
            }
            if part.name == "group", let group = part["ref"].flatMap({ named[Self.localName($0)] }) {
                pending.append(group)
            }
            guard part.name != "element" else { continue }
            pending.append(contentsOf: part.children.reversed())
        }
        return found
    }

    /// The local name of the type of an element's content, or of one of its attributes.
    func type(of element: String, attribute: String?) -> String? {
        guard let attribute else { return self.elementTypes[element] }
        return self.attributes[element]?.first { $0.name == attribute }?.type
    }

    /// A name without its prefix.
    static func localName(_ name: String) -> String {
        name.split(separator: ":").last.map(String.init) ?? name
    }

    /// The attributes that a complex type declares, also through an extension of simple content.
    private static func attributes(of type: XMLElement) -> [(name: String, type: String?)] {
        var found: [(name: String, type: String?)] = []
        var pending = [type]
        while let element = pending.popLast() {
            if element.name == "attribute", let name = element["name"] {
                found.append((name, element["type"].map { Self.localName($0) }))
            }
            pending.append(
                contentsOf: element.children.reversed().filter {
                    ["attribute", "simpleContent", "complexContent", "extension", "restriction"].contains($0.name)
                }
            )
        }
        return found
    }
}
