import ClassAds
import LibXML

extension Request {
    /// The request as a document in the one form that depends on its meaning alone, not on how its source was written.
    /// What is as it would be without being said is not said, so that it is hardly larger than its source.
    ///
    /// ``RequestParser`` reads it back as an equal request. A character that XML cannot carry, which no parsed request
    /// has, is written as U+FFFD.
    public var canonicalXML: String {
        let tree = self.xml
        do throws(XMLError) {
            return try tree.serialized(indent: 2)
        } catch {
            return (try? tree.writable.serialized(indent: 2)) ?? ""
        }
    }

    /// `sha256:` and the digest of ``canonicalXML`` in hexadecimal.
    public var digest: String {
        "sha256:" + HexDigest.sha256(Array(self.canonicalXML.utf8))
    }

    private var xml: XMLElement {
        var root = XMLElement.of("request", [("name", self.name)])
        root.children.append(.of("client", [("domain", self.client.domain), ("user", self.client.user)]))
        if let lease { root.children.append(lease.xml) }
        if let requirements { root.children.append(.of("requirements", text: requirements.text)) }
        root.children.append(self.start.xml)
        root.children += self.graph.xml
        return root
    }
}

extension Lease {
    fileprivate var xml: XMLElement {
        let end = self.end == .collect ? nil : self.end.rawValue
        let idle = self.idle.map { DurationText.text($0) }
        return .of("lease", [("duration", DurationText.text(self.duration)), ("idle", idle), ("at-end", end)])
    }
}

extension Start {
    fileprivate var xml: XMLElement {
        var children: [XMLElement] = []
        if let image { children.append(.of("image", [("name", image)])) }
        if self.image == nil || self.hardware != Hardware() { children.append(self.hardware.xml) }
        return .of("start", children: children)
    }
}

extension Hardware {
    fileprivate var xml: XMLElement {
        let parts = [
            ("memory", self.memory?.description), ("cpus", self.cpus.map { String($0) }),
            ("disk", self.disk?.description),
        ]
        return .of(
            "hardware",
            [("architecture", self.architecture), ("os", self.operatingSystem)],
            children: parts.compactMap { name, value in value.map { .of(name, text: $0) } }
        )
    }
}

extension Graph {
    /// `<actions>`, and `<edges>` unless they are the chain that their absence means; nothing for a bare clone.
    fileprivate var xml: [XMLElement] {
        guard !self.actions.isEmpty else { return [] }
        let actions = XMLElement.of("actions", children: self.actions.map(\.xml))
        guard self.edges != Graph.chain(self.actions) else { return [actions] }
        return [actions, .of("edges", children: self.edges.map { .of("edge", [("from", $0.from), ("to", $0.to)]) })]
    }
}

extension Action {
    fileprivate var xml: XMLElement {
        var element = XMLElement.of("action", [("id", self.id)])
        if case .named(let name) = self.operation { element["operation"] = name }
        if self.site != .guest { element["run"] = self.site.rawValue }
        element["instance"] = self.instance
        if self.timeout != Action.defaultTimeout { element["timeout"] = DurationText.text(self.timeout) }
        if self.checkpoint { element["checkpoint"] = "yes" }
        element.children = self.parameters.map(\.xml) + self.outputs.map(\.xml)
        if case .script(let text) = self.operation { element.children.append(.of("script", text: text)) }
        if self.onError != ErrorPolicy() { element.children.append(self.onError.xml) }
        return element
    }
}

extension Parameter {
    fileprivate var xml: XMLElement {
        let secret = self.secret ? "yes" : nil
        switch self.value {
        case .literal(let text):
            return .of("parameter", [("name", self.name), ("secret", secret)], text: text)
        case .attribute(let action, let name):
            return .of("parameter", [("name", self.name), ("from", "\(action).\(name)"), ("secret", secret)])
        }
    }
}

extension Output {
    fileprivate var xml: XMLElement {
        .of(
            "output",
            [
                ("name", self.name), ("type", self.type == .string ? nil : self.type.rawValue),
                ("required", self.required ? nil : "no"),
            ]
        )
    }
}

extension ErrorPolicy {
    fileprivate var xml: XMLElement {
        var children: [XMLElement] = []
        if let retry {
            let attributes = [
                ("times", String(retry.times)), ("delay", DurationText.text(retry.delay)),
                ("backoff", "\(retry.backoff)"),
            ]
            children.append(.of("retry", attributes))
        }
        switch self.then {
        case .abort: children.append(.of("abort"))
        case .continue: children.append(.of("continue"))
        case .recover(let graph): children.append(.of("recover", children: graph.xml))
        }
        return .of("on-error", children: children)
    }
}

extension XMLElement {
    /// An element of the language of requests; attributes without value are left out.
    fileprivate static func of(
        _ name: String,
        _ attributes: [(String, String?)] = [],
        children: [XMLElement] = [],
        text: String = ""
    ) -> XMLElement {
        XMLElement(
            name,
            namespace: RequestSchema.namespace,
            attributes: attributes.compactMap { name, value in value.map { XMLAttribute(name: name, value: $0) } },
            children: children,
            text: text
        )
    }

    /// The same tree without what XML cannot carry.
    fileprivate var writable: XMLElement {
        var copy = self
        copy.text = self.text.replacingUnwritable
        copy.attributes = self.attributes.map { XMLAttribute(name: $0.name, value: $0.value.replacingUnwritable) }
        copy.children = self.children.map(\.writable)
        return copy
    }
}

extension String {
    fileprivate var replacingUnwritable: String {
        var scalars = String.UnicodeScalarView()
        for scalar in self.unicodeScalars {
            let isControl = scalar.value < 0x20 && scalar != "\n" && scalar != "\r" && scalar != "\t"
            scalars.append(isControl || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "\u{FFFD}" : scalar)
        }
        return String(scalars)
    }
}
