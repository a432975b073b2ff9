public import Configuration

/// Reads settings: absent ones become their defaults, present ones must be of their type.
public struct SettingsReader: Sendable {
    private let reader: ConfigReader
    /// The file that is among the sources, if there is one.
    public let file: String?

    /// Reads through a configuration reader.
    public init(_ reader: ConfigReader, file: String? = nil) {
        self.reader = reader
        self.file = file
    }

    /// A text.
    public func text(_ key: String, default value: String) throws(SettingsError) -> String {
        try read(key, "a text") { try reader.requiredString(forKey: ConfigKey(key)) } ?? value
    }

    /// A text, or nothing.
    public func text(_ key: String) throws(SettingsError) -> String? {
        try read(key, "a text") { try reader.requiredString(forKey: ConfigKey(key)) }
    }

    /// A list of texts.
    public func texts(_ key: String) throws(SettingsError) -> [String] {
        Self.list(try read(key, "a list of texts") { try reader.requiredStringArray(forKey: ConfigKey(key)) } ?? [])
    }

    /// The items of a list: between commas, without white space around them, and none that is empty.
    ///
    /// - Parameter texts: What was written.
    /// - Returns: The items in their order.
    public static func list(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split(separator: ",") }.compactMap { item in
            let words = item.drop(while: \.isWhitespace)
            guard let end = words.lastIndex(where: { !$0.isWhitespace }) else { return nil }
            return String(words[...end])
        }
    }

    /// The name of a server.
    public func name(_ key: String, default value: String) throws(SettingsError) -> String {
        let name = try text(key, default: value)
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,62}/) != nil else {
            throw SettingsError("\(key): `\(name)` must be 1 to 63 of A-Z a-z 0-9 . _ -")
        }
        return name
    }

    /// A whole number within a range.
    public func number(_ key: String, default value: Int, in range: ClosedRange<Int>) throws(SettingsError) -> Int {
        let number = try read(key, "a whole number") { try reader.requiredInt(forKey: ConfigKey(key)) } ?? value
        guard range.contains(number) else {
            throw SettingsError("\(key): \(number) must lie in \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    /// A whole number within a range, or nothing.
    public func number(_ key: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        let isSet = try read(key, "a whole number") { try reader.requiredInt(forKey: ConfigKey(key)) } != nil
        return isSet ? try number(key, default: range.lowerBound, in: range) : nil
    }

    /// Seconds: more than 0, or 0 too where that makes sense; a day at most. Whole numbers count as well as fractions.
    public func seconds(_ key: String, default value: Double, orNone: Bool = false) throws(SettingsError) -> Double {
        let number = try fraction(key, "a number of seconds") ?? value
        guard orNone ? number >= 0 : number > 0, number <= 86_400 else {
            throw SettingsError(
                "\(key): \(number) must be \(orNone ? "0 or more" : "more than 0"), and 86400 seconds at most"
            )
        }
        return number
    }

    /// A number, 0 or more. Whole numbers count as well as fractions.
    public func amount(_ key: String, default value: Double) throws(SettingsError) -> Double {
        let number = try fraction(key, "a number") ?? value
        guard number >= 0, number <= 1e6 else { throw SettingsError("\(key): \(number) must lie in 0…1000000") }
        return number
    }

    private func fraction(_ key: String, _ expected: String) throws(SettingsError) -> Double? {
        try read(key, expected) {
            if let whole = try? reader.requiredInt(forKey: ConfigKey(key)) { return Double(whole) }
            return try reader.requiredDouble(forKey: ConfigKey(key))
        }
    }

    /// Yes or no.
    public func flag(_ key: String, default value: Bool) throws(SettingsError) -> Bool {
        try read(key, "true or false") { try reader.requiredBool(forKey: ConfigKey(key)) } ?? value
    }

    /// One of some words.
    public func choice(_ key: String, of words: [String], default value: String) throws(SettingsError) -> String {
        let word = try text(key, default: value)
        guard words.contains(word) else {
            throw SettingsError("\(key): `\(word)` must be \(words.joined(separator: " or "))")
        }
        return word
    }

    /// A value that is written as a text.
    ///
    /// - Parameters:
    ///   - key: The setting.
    ///   - value: What it is if it is not set.
    ///   - expected: What the text must be, in words.
    /// - Returns: The value.
    /// - Throws: ``SettingsError`` for a text that is none.
    public func value<Value: RawRepresentable<String>>(
        _ key: String,
        default value: Value,
        expected: String
    ) throws(SettingsError) -> Value {
        let word = try text(key, default: value.rawValue)
        guard let value = Value(rawValue: word) else {
            throw SettingsError("\(key): `\(word.prefix(80))` must be \(expected)")
        }
        return value
    }

    /// An absolute path.
    public func path(_ key: String, default value: String) throws(SettingsError) -> String {
        let path = try text(key, default: value)
        guard path.hasPrefix("/") else { throw SettingsError("\(key): `\(path)` must be an absolute path") }
        return path
    }

    private func read<Value>(
        _ key: String,
        _ expected: String,
        _ body: () throws -> Value
    ) throws(SettingsError) -> Value? {
        do {
            return try body()
        } catch {
            // The library's error type is not public; an absent value is told from a wrong one by its words.
            let text = "\(error)"
            if text.hasPrefix("Missing required config value") { return nil }
            throw SettingsError("\(key): expected \(expected): \(text)")
        }
    }
}
