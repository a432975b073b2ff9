/// How long a machine is wanted, and what becomes of it then.
public struct Lease: Sendable, Hashable, Codable {
    /// What becomes of a machine whose lease is over.
    public enum End: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is destroyed.
        case collect
        /// It stands still until its lease is extended, or it is collected.
        case suspend
    }

    /// The longest that a lease may be from one word to the next: a hundred years.
    public static let longest = Duration.seconds(36_500 * 86_400)

    /// From its request on.
    public var duration: Duration
    /// How long nothing may be done in it before that is its end too; nil for as long as it lasts.
    public var idle: Duration?
    /// What becomes of it then.
    public var end: End

    /// A lease.
    public init(duration: Duration, idle: Duration? = nil, end: End = .collect) {
        self.duration = duration
        self.idle = idle
        self.end = end
    }
}
