import FoundationEssentials
import LibXML

/// The XML form of what goes over the wire as JSON: an element for each key, `item` elements for lists.
public enum WireXML {
    /// The namespace of these documents.
    public static let namespace = "urn:vmshop:answer:1"

    /// A value as an XML document.
    ///
    /// - Parameters:
    ///   - value: What is written.
    ///   - root: The name of the root element.
    /// - Returns: The document's text.
    /// - Throws: What keeps the value from being encoded.
    public static func text(_ value: some Encodable, root: String) throws -> String {
        let tree = try WireCoding.decode(JSONTree.self, from: WireCoding.encode(value))
        return try tree.element(named: root).serialized()
    }
}

/// Any JSON value.
private indirect enum JSONTree: Decodable {
    case null
    case scalar(String)
    case list([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        if let object = try? [String: JSONTree](from: decoder) {
            self = .object(object)
        } else if let list = try? [JSONTree](from: decoder) {
            self = .list(list)
        } else {
            self = try JSONTree.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONTree {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .scalar(value ? "true" : "false") }
        if let value = try? container.decode(Int.self) { return .scalar(String(value)) }
        if let value = try? container.decode(Double.self) { return .scalar(String(value)) }
        return .scalar(try container.decode(String.self))
    }

    func element(named name: String) -> XMLElement {
        switch self {
        case .null: XMLElement(name, namespace: WireXML.namespace)
        case .scalar(let text): XMLElement(name, namespace: WireXML.namespace, text: text.replacingUnwritable)
        case .list(let items):
            XMLElement(name, namespace: WireXML.namespace, children: items.map { $0.element(named: "item") })
        case .object(let object):
            XMLElement(
                name,
                namespace: WireXML.namespace,
                children: object.keys.sorted().compactMap { object[$0]?.element(named: $0) }
            )
        }
    }
}

extension String {
    /// The text with U+FFFD for what XML 1.0 cannot carry: what a guest printed may hold such characters.
    fileprivate var replacingUnwritable: String {
        String(String.UnicodeScalarView(self.unicodeScalars.map { $0.isXML ? $0 : "\u{FFFD}" }))
    }
}

extension Unicode.Scalar {
    fileprivate var isXML: Bool {
        self == "\t" || self == "\n" || self == "\r"
            || (self.value >= 0x20 && self.value != 0xFFFE && self.value != 0xFFFF)
    }
}
