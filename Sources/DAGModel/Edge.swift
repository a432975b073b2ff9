/// One action must be finished before another begins.
public struct Edge: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The id of the action that comes before.
    public var from: String
    /// The id of the action that comes after.
    public var to: String

    /// Creates an edge.
    public init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    /// `from → to`.
    public var description: String { "\(self.from) → \(self.to)" }
}
