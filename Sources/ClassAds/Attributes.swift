/// The attributes of one machine. Names are compared without regard to case, as in a ClassAd, and keep the spelling
/// they were first set with.
public struct Attributes: Sendable, Hashable {
    private var entries: [String: Entry] = [:]

    private struct Entry: Sendable, Hashable {
        var name: String
        var value: AttributeValue
    }

    /// Makes an empty set, or one with the given attributes.
    public init(_ values: [String: AttributeValue] = [:]) {
        for name in values.keys.sorted() { self[name] = values[name] }
    }

    /// The value of an attribute, `nil` when it is undefined.
    public subscript(name: String) -> AttributeValue? {
        get { entries[name.lowercased()]?.value }
        set {
            let folded = name.lowercased()
            guard let newValue else {
                entries[folded] = nil
                return
            }
            entries[folded] = Entry(name: entries[folded]?.name ?? name, value: newValue)
        }
    }

    /// The attributes in the order of their names.
    public var sorted: [(name: String, value: AttributeValue)] {
        entries.keys.sorted().compactMap { key in entries[key].map { ($0.name, $0.value) } }
    }

    /// How many attributes there are.
    public var count: Int { entries.count }

    /// Sets every attribute of `other` here, replacing those of the same name.
    public mutating func merge(_ other: Attributes) {
        for (name, value) in other.sorted { self[name] = value }
    }
}

/// On the wire the attributes are one JSON object.
extension Attributes: Codable {
    /// Reads a JSON object of scalars.
    public init(from decoder: any Decoder) throws {
        self.init(try [String: AttributeValue](from: decoder))
    }

    /// Writes a JSON object of scalars.
    public func encode(to encoder: any Encoder) throws {
        try Dictionary(uniqueKeysWithValues: sorted.map { ($0.name, $0.value) }).encode(to: encoder)
    }
}
