/// What QEMU's monitor speaks in: JSON.
public enum QMPValue: Sendable, Hashable {
    /// Nothing.
    case null
    /// A truth value.
    case bool(Bool)
    /// A whole number.
    case int(Int)
    /// Another number.
    case double(Double)
    /// A text.
    case string(String)
    /// Values in an order.
    case array([QMPValue])
    /// Values by name.
    case object([String: QMPValue])

    /// The value of that name, of an object.
    public subscript(name: String) -> QMPValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text, of a text.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number, of a whole number.
    public var number: Int? {
        guard case .int(let number) = self else { return nil }
        return number
    }

    /// The truth value, of one.
    public var flag: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// The values, of an array.
    public var elements: [QMPValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

extension QMPValue: Codable {
    /// Reads any JSON value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .int(number)
        } else if let number = try? container.decode(Double.self) {
            self = .double(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([QMPValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: QMPValue].self))
        }
    }

    /// Writes the JSON value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .int(let number): try container.encode(number)
        case .double(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}

extension QMPValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .int(value) }
}

extension QMPValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Values in an order.
    public init(arrayLiteral elements: QMPValue...) { self = .array(elements) }
    /// Values by name; of two with one name the last counts.
    public init(dictionaryLiteral elements: (String, QMPValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
