/// The value of an attribute: one of the four scalar types of a ClassAd.
public enum AttributeValue: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case real(Double)
    case boolean(Bool)

    /// The number this value is, or `nil` for strings and booleans.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .string, .boolean: nil
        }
    }

    /// The name of the value's type, as it is written in a request's `<output type="…">`.
    public var typeName: String {
        switch self {
        case .string: "string"
        case .integer: "integer"
        case .real: "real"
        case .boolean: "boolean"
        }
    }
}

extension AttributeValue {
    /// Reads a value of a named type from text; `nil` when the text is not of that type (reals must be finite).
    ///
    /// - Parameters:
    ///   - text: What a guest wrote, `42` say.
    ///   - typeName: `string`, `integer`, `real` or `boolean`.
    public init?(_ text: String, typeName: String) {
        switch typeName {
        case "string":
            self = .string(text)
        case "integer":
            guard let value = Int(text) else { return nil }
            self = .integer(value)
        case "real":
            guard let value = Double(text), value.isFinite else { return nil }
            self = .real(value)
        case "boolean":
            guard let value = Self.booleans[text.lowercased()] else { return nil }
            self = .boolean(value)
        default:
            return nil
        }
    }

    private static let booleans = ["true": true, "yes": true, "1": true, "false": false, "no": false, "0": false]
}

extension AttributeValue: CustomStringConvertible {
    /// The value as text without quotes, for tables.
    public var description: String {
        switch self {
        case .string(let value): value
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        }
    }
}

/// On the wire a value is the JSON scalar of its type; a number without a fraction is an integer.
extension AttributeValue: Codable {
    /// Reads a JSON scalar.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    /// Writes a JSON scalar.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        }
    }
}
