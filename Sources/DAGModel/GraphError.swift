/// Everything that keeps actions and edges from being a graph.
public struct GraphError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// One thing that is wrong.
    public enum Problem: Sendable, Hashable, Codable {
        /// Two actions have one id.
        case duplicateID(String)
        /// Two actions have one key: they would do the same.
        case duplicateKey(first: String, second: String)
        /// An edge names an action that is not there.
        case danglingEdge(Edge, unknown: String)
        /// An edge leads from an action to itself.
        case selfLoop(String)
        /// These actions wait for each other, in this order, the last for the first.
        case cycle([String])
    }

    /// All that is wrong; never empty.
    public var problems: [Problem]

    /// Creates an error.
    public init(problems: [Problem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

extension GraphError.Problem: CustomStringConvertible {
    /// The problem in words.
    public var description: String {
        switch self {
        case .duplicateID(let id): "two actions have the id '\(id)'"
        case .duplicateKey(let first, let second): "actions '\(first)' and '\(second)' are the same step"
        case .danglingEdge(let edge, let unknown): "edge \(edge) names '\(unknown)', which is no action"
        case .selfLoop(let id): "action '\(id)' has an edge to itself"
        case .cycle(let ids): "cycle: \(Self.cycleText(ids))"
        }
    }

    /// `a → b → a`; the middle of a long cycle is left out.
    static func cycleText(_ ids: [String]) -> String {
        let shown = ids.count <= 12 ? ids : ids.prefix(8) + ["… (\(ids.count - 11) more)"] + ids.suffix(3)
        return (shown + ids.prefix(1)).joined(separator: " → ")
    }
}
