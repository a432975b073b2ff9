import FoundationEssentials

/// A secret that servers share, each having it in a file of its own.
public struct SharedKey: Sendable, Hashable {
    /// The secret.
    public let text: String

    /// Shorter ones are guessed.
    public static let shortest = 16
    private static let longest = 1_024

    /// Reads a key.
    ///
    /// - Parameters:
    ///   - path: The file; white space around the key does not count.
    ///   - setting: The setting that names it, for errors.
    /// - Throws: ``SettingsError`` for a file that cannot be read or holds no key.
    public init(file path: String, setting: String) throws(SettingsError) {
        guard let bytes = try? Data(contentsOf: URL(filePath: path)), let all = String(validating: bytes, as: UTF8.self)
        else { throw SettingsError("\(setting): `\(path)` cannot be read as text") }
        let words = all.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, (Self.shortest...Self.longest).contains(words[0].utf8.count) else {
            throw SettingsError(
                "\(setting): `\(path)` must hold one word of \(Self.shortest) to \(Self.longest) bytes; `openssl rand -hex 32` makes one"
            )
        }
        text = String(words[0])
    }

    /// Whether somebody else has the key. It takes as long for a key that is nearly right as for any other.
    public func isSame(as other: String) -> Bool {
        let (own, others) = (Array(text.utf8), Array(other.utf8))
        guard own.count == others.count else { return false }
        return zip(own, others).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
