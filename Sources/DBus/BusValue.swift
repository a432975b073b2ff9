/// A value of a D-Bus message.
public indirect enum BusValue: Sendable, Hashable {
    /// `y`
    case byte(UInt8)
    /// `b`
    case boolean(Bool)
    /// `n`
    case int16(Int16)
    /// `q`
    case uint16(UInt16)
    /// `i`
    case int32(Int32)
    /// `u`
    case uint32(UInt32)
    /// `x`
    case int64(Int64)
    /// `t`
    case uint64(UInt64)
    /// `d`
    case double(Double)
    /// `s`, `o` and `g`
    case string(String)
    /// `a…`; only received.
    case array([BusValue])
    /// `(…)` and dictionary entries; only received.
    case structure([BusValue])
    /// `v`; only received.
    case variant(BusValue)

    /// The number, where it is one.
    public var integer: Int? {
        switch self {
        case .byte(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int64(let value): Int(exactly: value)
        case .uint64(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The text, where it is one.
    public var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The members of an array or structure, where it is one.
    public var members: [BusValue]? {
        switch self {
        case .array(let members), .structure(let members): members
        default: nil
        }
    }
}
