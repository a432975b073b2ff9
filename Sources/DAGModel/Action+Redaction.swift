extension Parameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `NAME=value`, a long value cut short, or `NAME=<redacted>` for a secret.
    public var description: String {
        guard !self.secret else { return "\(self.name)=<redacted>" }
        switch self.value {
        case .literal(let text): return "\(self.name)=\(String(text.prefix(80)).debugDescription)"
        case .attribute(let action, let name): return "\(self.name)=\(action).\(name)"
        }
    }

    /// The same as ``description``.
    public var debugDescription: String { self.description }

    /// Nothing below the description: `dump` and reflecting loggers do not see a secret either.
    public var customMirror: Mirror { Mirror(self, children: ["parameter": self.description]) }
}

extension Action: CustomStringConvertible, CustomDebugStringConvertible {
    /// The id, what it does and where, and its parameters without secrets. A script is told by its size.
    public var description: String {
        let work =
            switch self.operation {
            case .script(let text): "script of \(text.utf8.count) bytes"
            case .named(let name): name
            }
        let given = self.parameters.map(\.description).joined(separator: ", ")
        return "\(self.id): \(work) on \(self.site.rawValue) (\(given))"
    }

    /// The same as ``description``.
    public var debugDescription: String { self.description }
}
