import CDBus

/// A message of the library, owned: freed when it goes out of scope.
struct BusMessage: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { self.raw = raw }

    /// A method call with its arguments.
    static func make(_ call: BusCall) throws(BusError) -> BusMessage {
        let names = [call.destination, call.path, call.interface, call.method]
        guard names.allSatisfy({ !$0.utf8.contains(0) }),
            let raw = dbus_message_new_method_call(call.destination, call.path, call.interface, call.method)
        else { throw BusError(.invalid, message: "no message for \(call.interface).\(call.method)") }
        let message = BusMessage(adopting: raw)
        var iterator = DBusMessageIter()
        dbus_message_iter_init_append(message.raw, &iterator)
        for argument in call.arguments { try append(argument, to: &iterator) }
        return message
    }

    deinit { dbus_message_unref(raw) }

    /// The values of the message.
    var values: [BusValue] {
        var iterator = DBusMessageIter()
        guard dbus_message_iter_init(raw, &iterator) != 0 else { return [] }
        return Self.values(from: &iterator)
    }

    private static func append(_ value: BusValue, to iterator: inout DBusMessageIter) throws(BusError) {
        let isAppended =
            switch value {
            case .byte(let value): append(value, "y", to: &iterator)
            case .boolean(let value): append(dbus_bool_t(value ? 1 : 0), "b", to: &iterator)
            case .int16(let value): append(value, "n", to: &iterator)
            case .uint16(let value): append(value, "q", to: &iterator)
            case .int32(let value): append(value, "i", to: &iterator)
            case .uint32(let value): append(value, "u", to: &iterator)
            case .int64(let value): append(value, "x", to: &iterator)
            case .uint64(let value): append(value, "t", to: &iterator)
            case .double(let value): append(value, "d", to: &iterator)
            case .string(let text): try append(text, to: &iterator)
            case .array, .structure, .variant: false
            }
        guard isAppended else { throw BusError(.invalid, message: "\(value) cannot be an argument") }
    }

    private static func append<Value: BitwiseCopyable>(
        _ value: Value,
        _ type: Unicode.Scalar,
        to iterator: inout DBusMessageIter
    ) -> Bool {
        withUnsafePointer(to: value) { dbus_message_iter_append_basic(&iterator, CInt(type.value), $0) != 0 }
    }

    private static func append(_ text: String, to iterator: inout DBusMessageIter) throws(BusError) -> Bool {
        guard !text.utf8.contains(0) else { throw BusError(.invalid, message: "a text with NUL is no argument") }
        return text.withCString { pointer in append(pointer, "s", to: &iterator) }
    }

    private static func values(from iterator: inout DBusMessageIter) -> [BusValue] {
        var values: [BusValue] = []
        while let type = Unicode.Scalar(UInt32(dbus_message_iter_get_arg_type(&iterator))), type.value != 0 {
            if let value = value(type, from: &iterator) { values.append(value) }
            dbus_message_iter_next(&iterator)
        }
        return values
    }

    // The library has checked the message: depth at most 64, texts valid UTF-8.
    private static func value(_ type: Unicode.Scalar, from iterator: inout DBusMessageIter) -> BusValue? {
        switch type {
        case "y": .byte(basic(0, from: &iterator))
        case "b": .boolean(basic(dbus_bool_t(0), from: &iterator) != 0)
        case "n": .int16(basic(0, from: &iterator))
        case "q": .uint16(basic(0, from: &iterator))
        case "i": .int32(basic(0, from: &iterator))
        case "u": .uint32(basic(0, from: &iterator))
        case "x": .int64(basic(0, from: &iterator))
        case "t": .uint64(basic(0, from: &iterator))
        case "d": .double(basic(0, from: &iterator))
        case "s", "o", "g":
            basic(UnsafePointer<CChar>?.none, from: &iterator).map { .string(String(cString: $0)) }
        case "a": .array(inner(of: &iterator))
        case "r", "e": .structure(inner(of: &iterator))
        case "v": inner(of: &iterator).first.map(BusValue.variant)
        default: nil
        }
    }

    private static func basic<Value: BitwiseCopyable>(_ initial: Value, from iterator: inout DBusMessageIter) -> Value {
        var value = initial
        withUnsafeMutablePointer(to: &value) { dbus_message_iter_get_basic(&iterator, $0) }
        return value
    }

    private static func inner(of iterator: inout DBusMessageIter) -> [BusValue] {
        var inner = DBusMessageIter()
        dbus_message_iter_recurse(&iterator, &inner)
        return values(from: &inner)
    }
}
