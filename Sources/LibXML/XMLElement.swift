/// An attribute of an element.
public struct XMLAttribute: Sendable, Hashable {
    /// The name, with its prefix where it has one (`xml:lang`).
    public var name: String
    /// The value, with all references resolved.
    public var value: String
    /// The namespace that the name's prefix stands for; nil for a name without prefix.
    public var namespace: String?

    /// Creates an attribute.
    public init(name: String, value: String, namespace: String? = nil) {
        self.name = name
        self.value = value
        self.namespace = namespace
    }
}

/// An element of a document: a plain value.
public struct XMLElement: Sendable, Hashable {
    /// The local name, without prefix.
    public var name: String
    /// The namespace, if it is in one.
    public var namespace: String?
    /// The attributes in document order, without namespace declarations.
    public var attributes: [XMLAttribute]
    /// The child elements in document order.
    public var children: [XMLElement]
    /// The element's own text, all pieces joined, exact; empty if it is white space between child elements.
    public var text: String
    /// Where its start tag begins, in the document that it was parsed from.
    public var position: XMLPosition

    /// Creates an element.
    public init(
        _ name: String,
        namespace: String? = nil,
        attributes: [XMLAttribute] = [],
        children: [XMLElement] = [],
        text: String = "",
        position: XMLPosition = .start
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children = children
        self.text = text
        self.position = position
    }

    /// The value of an attribute. Setting replaces it in its place, or appends it; nil removes it.
    public subscript(name: String) -> String? {
        get { self.attributes.first { $0.name == name }?.value }
        set {
            let index = self.attributes.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): self.attributes[index].value = value
            case (let index?, nil): self.attributes.remove(at: index)
            case (nil, let value?): self.attributes.append(XMLAttribute(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The direct children of a name, in document order.
    public func children(named name: String) -> [XMLElement] {
        self.children.filter { $0.name == name }
    }

    /// The first direct child of a name.
    public func first(named name: String) -> XMLElement? {
        self.children.first { $0.name == name }
    }
}
