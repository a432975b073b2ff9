/// A setting that cannot be used: which, and what would be right.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key, what it is, what it must be.
    public var message: String

    /// An error about a setting.
    public init(_ message: String) { self.message = message }

    /// The message, said to be about the configuration.
    public var description: String { "configuration: " + message }
}
