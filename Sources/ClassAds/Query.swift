/// A condition on the attributes of a machine, such as `Memory >= 256 && Owner == "alice"`.
///
/// Logic is three-valued: a comparison with an attribute that a machine lacks, or of values that cannot be compared, is
/// *undefined*; `undefined && false` is false, `undefined || true` is true, and a machine matches only where the whole
/// is true. Strings are compared without regard to case, as ClassAd's `==` does.
public struct Query: Sendable, Hashable {
    /// Queries longer than this are refused.
    public static let maximumLength = 4096

    /// The text the query was read from.
    public let text: String
    let expression: Expression

    /// Reads a query.
    ///
    /// - Parameter text: For example `Domain == "physics" && (Memory > 512 || Cpus != 1)`.
    /// - Throws: ``QueryError`` with the column of the mistake.
    public init(parsing text: String) throws(QueryError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw QueryError(message: "the query is longer than \(Self.maximumLength) bytes", column: 1)
        }
        var parser = try QueryParser(text)
        self.text = text
        self.expression = try parser.parse()
    }

    /// Whether the condition is true (not false, not undefined) of these attributes.
    public func matches(_ attributes: Attributes) -> Bool { expression.value(attributes) == true }

    /// The attributes that the condition speaks of, each once, in the order in which it names them.
    public var names: [String] {
        var seen: Set<String> = []
        return expression.names.filter { seen.insert($0.lowercased()).inserted }
    }

    enum Comparison: Sendable, Hashable { case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual }

    enum Term: Sendable, Hashable {
        case name(String)
        case literal(AttributeValue)

        func value(_ attributes: Attributes) -> AttributeValue? {
            switch self {
            case .name(let name): attributes[name]
            case .literal(let value): value
            }
        }

        var name: String? { if case .name(let name) = self { name } else { nil } }
    }

    indirect enum Expression: Sendable, Hashable {
        case compare(Term, Comparison, Term)
        case and([Expression])
        case or([Expression])
        case not(Expression)

        /// True, false, or `nil` for undefined.
        func value(_ attributes: Attributes) -> Bool? {
            switch self {
            case .compare(let left, let relation, let right):
                relation.holds(left.value(attributes), right.value(attributes))
            case .and(let operands): Self.fold(operands, attributes, decisive: false)
            case .or(let operands): Self.fold(operands, attributes, decisive: true)
            case .not(let operand): operand.value(attributes).map { !$0 }
            }
        }

        var names: [String] {
            switch self {
            case .compare(let left, _, let right): [left, right].compactMap(\.name)
            case .and(let operands), .or(let operands): operands.flatMap(\.names)
            case .not(let operand): operand.names
            }
        }

        /// One operand equal to `decisive` decides; otherwise one undefined operand leaves the whole undefined.
        private static func fold(_ operands: [Expression], _ attributes: Attributes, decisive: Bool) -> Bool? {
            var result: Bool? = !decisive
            for operand in operands {
                let value = operand.value(attributes)
                if value == decisive { return decisive }
                if value == nil { result = nil }
            }
            return result
        }
    }
}

/// On the wire a query is its text.
extension Query: Codable {
    /// Reads a text.
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Query.Comparison {
    /// Compares two values; `nil` where one is undefined or their types do not compare.
    func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool? {
        guard let left, let right else { return nil }
        // As numbers with a fraction, large integers that differ would be equal.
        if case .integer(let left) = left, case .integer(let right) = right { return holds(left, right) }
        if let left = left.number, let right = right.number { return holds(left, right) }
        switch (left, right) {
        case (.string(let left), .string(let right)): return holds(left.lowercased(), right.lowercased())
        case (.boolean(let left), .boolean(let right)):
            switch self {
            case .equal: return left == right
            case .notEqual: return left != right
            default: return nil
            }
        default: return nil
        }
    }

    private func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}
