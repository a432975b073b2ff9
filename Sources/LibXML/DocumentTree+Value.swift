import CLibXML2
import Glibc

extension DocumentTree {
    /// Copies the tree into a value. Iterative: depth costs memory, not stack.
    func value(positions outline: DocumentOutline) -> XMLElement? {
        guard let root = xmlDocGetRootElement(self.raw) else { return nil }
        var namespaces = NamespaceNames()
        var open = [Self.shallowCopy(of: root, outline, &namespaces)]
        var next: xmlNodePtr? = root.pointee.children
        var parent = root
        while true {
            if let node = next {
                switch node.pointee.type {
                case XML_ELEMENT_NODE:
                    open.append(Self.shallowCopy(of: node, outline, &namespaces))
                    parent = node
                    next = node.pointee.children
                case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                    if let content = node.pointee.content { open[open.count - 1].text += String(cString: content) }
                    next = node.pointee.next
                default:
                    next = node.pointee.next
                }
                continue
            }
            guard let finished = open.popLast().map(Self.withoutLayout) else { return nil }
            guard !open.isEmpty else { return finished }
            open[open.count - 1].children.append(finished)
            next = parent.pointee.next
            parent = parent.pointee.parent
        }
    }

    /// White space between child elements is layout, not content.
    private static func withoutLayout(_ element: XMLElement) -> XMLElement {
        guard !element.children.isEmpty, element.text.utf8.allSatisfy(Ascii.isSpace) else { return element }
        var element = element
        element.text = ""
        return element
    }

    private static func shallowCopy(
        of node: xmlNodePtr,
        _ outline: DocumentOutline,
        _ namespaces: inout NamespaceNames
    ) -> XMLElement {
        var element = XMLElement(String(cString: node.pointee.name), namespace: namespaces[node.pointee.ns])
        if let number = Self.number(of: node) { element.position = outline.starts[number].position }
        var attribute = node.pointee.properties
        while let current = attribute {
            var name = String(cString: current.pointee.name)
            if let prefix = current.pointee.ns?.pointee.prefix { name = String(cString: prefix) + ":" + name }
            let namespace = namespaces[current.pointee.ns]
            element.attributes.append(XMLAttribute(name: name, value: Self.value(of: current), namespace: namespace))
            attribute = current.pointee.next
        }
        return element
    }

    private static func value(of attribute: xmlAttrPtr) -> String {
        guard let first = attribute.pointee.children else { return "" }
        // Nearly always one text node; several only where libxml2 split it.
        if first.pointee.next == nil, first.pointee.type == XML_TEXT_NODE, let content = first.pointee.content {
            return String(cString: content)
        }
        guard let joined = xmlNodeListGetString(attribute.pointee.doc, first, 1) else { return "" }
        // `xmlFree` is a global function pointer, which Swift may not read; the allocator behind it is malloc.
        defer { free(joined) }
        return String(cString: joined)
    }
}

/// The names of namespaces, each made once for the declaration that it comes from: most documents have one.
private struct NamespaceNames {
    private var lastDeclaration: xmlNsPtr?
    private var lastName: String?

    subscript(declaration: xmlNsPtr?) -> String? {
        mutating get {
            guard let declaration else { return nil }
            if declaration == self.lastDeclaration { return self.lastName }
            let name = declaration.pointee.href.map { String(cString: $0) } ?? ""
            self.lastDeclaration = declaration
            self.lastName = name.isEmpty ? nil : name
            return self.lastName
        }
    }
}
