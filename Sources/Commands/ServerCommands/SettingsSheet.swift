import ServerSettings

/// A setting as a configuration file shows it and a question asks it.
public struct SettingEntry: Sendable {
    /// The kind of value, which decides how it is written and checked.
    public enum Kind: Sendable { case text, number, flag, list }

    /// The key, `http.port` say.
    var key: String
    var kind: Kind
    /// What it is, as the comment above it.
    var comment: String
    /// The value without an answer; empty leaves the setting out.
    var value: String
    /// Whether it is asked; the others are only written.
    var isAsked: Bool

    /// A setting.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - comment: What it is.
    ///   - value: Its value without an answer; empty leaves it out.
    ///   - kind: What kind of value it has.
    ///   - asked: Whether it is asked.
    init(_ key: String, _ comment: String, value: String = "", kind: Kind = .text, asked: Bool = false) {
        self.key = key
        self.kind = kind
        self.value = value
        self.isAsked = asked
        self.comment = comment
    }

    /// Why a text cannot be the value, `nil` when it can.
    func objection(to text: String) -> String? {
        switch kind {
        case .text, .list: text.contains(where: \.isNewline) ? "one line, please" : nil
        case .number: Double(text) == nil ? "a number, please" : nil
        case .flag: ["true", "false"].contains(text) ? nil : "true or false, please"
        }
    }

    fileprivate var yaml: String {
        switch kind {
        case .number, .flag: value
        case .text: Self.quoted(value)
        case .list: "[" + SettingsReader.list([value]).map(Self.quoted).joined(separator: ", ") + "]"
        }
    }

    /// YAML's double-quoted form, in which no text is anything but a text.
    private static func quoted(_ text: String) -> String {
        "\"" + text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : String($1) } + "\""
    }
}

/// All settings of a server: the one list from which its commented file and its questions are made.
public struct SettingsSheet: Sendable {
    var title: String
    var entries: [SettingEntry]

    /// The keys, in the order of the file.
    public var keys: [String] { entries.map(\.key) }

    /// The commented YAML file. Keys are of two parts, or one.
    public var text: String {
        var lines = title.split(separator: "\n").map { "# \($0)" }
        var section = ""
        for entry in entries {
            let parts = entry.key.split(separator: ".").map(String.init)
            if parts.count == 2, parts[0] != section {
                lines += ["", parts[0] + ":"]
                section = parts[0]
            } else if parts.count == 1 {
                lines.append("")
            }
            let indent = parts.count == 2 ? "  " : ""
            lines += entry.comment.split(separator: "\n").map { "\(indent)# \($0)" }
            let isUnset = entry.value.isEmpty
            lines.append("\(indent)\(isUnset ? "# " : "")\(parts[parts.count - 1]):\(isUnset ? "" : " " + entry.yaml)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Sets a value.
    ///
    /// - Returns: Why it cannot be set, `nil` when it was.
    mutating func set(_ key: String, _ value: String) -> String? {
        guard let index = entries.firstIndex(where: { $0.key == key }) else {
            return "there is no setting `\(key)`; there are " + entries.map(\.key).joined(separator: ", ")
        }
        if let objection = entries[index].objection(to: value) { return "\(key): \(objection)" }
        entries[index].value = value
        return nil
    }
}
