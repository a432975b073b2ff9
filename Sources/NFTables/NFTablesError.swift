/// Why the packet filter refused a batch.
public struct NFTablesError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The batch.
    public var commands: String
    /// What libnftables said of it.
    public var message: String

    /// Makes an error.
    public init(commands: String, message: String) {
        self.commands = commands
        self.message = message
    }

    /// Whether a table, chain, set or element that the batch names is not there.
    public var isNotFound: Bool { message.contains("No such file or directory") }

    /// Whether this process may not change the filter.
    public var isNotPermitted: Bool { message.contains("Operation not permitted") }

    /// The first line of what libnftables said.
    public var description: String {
        message.split(separator: "\n").first.map(String.init) ?? "nftables failed without a message"
    }
}
