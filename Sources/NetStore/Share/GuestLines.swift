/// Lines `name=value` that a guest wrote: read with care, and what is not like that is counted and passed over.
struct GuestLines: Sendable, Hashable {
    private(set) var values: [String: String] = [:]
    private(set) var badLines = 0

    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let (name, value) = Self.pair(line) { values[name] = value } else { badLines += 1 }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// A finite number that is not negative.
    func number(_ name: String) -> Double? {
        values[name].flatMap(Double.init).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    /// All values that are finite numbers and not negative.
    var numbers: [String: Double] {
        values.keys.reduce(into: [:]) { numbers, name in numbers[name] = number(name) }
    }

    private static func pair(_ line: ArraySlice<UInt8>) -> (String, String)? {
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = line[..<equals]
        let isNamed = name.allSatisfy { NameRules.isAlphanumeric($0) || $0 == NameRules.underscore }
        guard isNamed, (1...64).contains(name.count), name.first.map(NameRules.isDigit) == false else { return nil }
        guard let value = String(validating: line[(equals + 1)...], as: UTF8.self), isPlain(value) else { return nil }
        return (String(decoding: name, as: UTF8.self), value)
    }

    /// No control characters, so that it may be shown and logged.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\t"
                || scalar.properties.generalCategory != .control
                    && scalar.value != 0x2028 && scalar.value != 0x2029
        }
    }
}
