/// The actions of a machine and the order that they must keep: a directed graph without cycles.
///
/// A graph is whole from its creation on: ids and keys are unique, edges lead from action to action, and there is no
/// cycle. Its algorithms are iterative and linear in actions and edges, up to a logarithm.
public struct Graph: Sendable {
    /// The actions in document order.
    public let actions: [Action]
    /// The edges in document order, each once.
    public let edges: [Edge]

    /// The keys of the actions, in their order; to compute one takes a digest.
    public let keys: [ActionKey]
    let successorTable: Adjacency
    let predecessorTable: Adjacency
    let orderTable: [Int]
    private let indices: [String: Int]

    /// Creates a graph without actions: a bare clone.
    public init() {
        self.actions = []
        self.edges = []
        self.keys = []
        self.successorTable = Adjacency()
        self.predecessorTable = Adjacency()
        self.orderTable = []
        self.indices = [:]
    }

    /// Creates a graph of actions and edges.
    ///
    /// - Throws: ``GraphError`` with all that is wrong: an id or key used twice, an edge that leads nowhere, a cycle.
    public init(actions: [Action], edges: [Edge]) throws(GraphError) {
        let check = GraphCheck(actions: actions, edges: edges)
        guard check.problems.isEmpty else { throw GraphError(problems: check.problems.map(\.problem)) }
        self.init(check)
    }

    /// Creates the graph in which the actions follow each other as given.
    ///
    /// - Throws: ``GraphError`` for an id or key used twice.
    public init(chain actions: [Action]) throws(GraphError) {
        try self.init(actions: actions, edges: Self.chain(actions))
    }

    /// Takes over what a check without problems has found.
    init(_ check: GraphCheck) {
        self.actions = check.actions
        self.edges = check.edges
        self.keys = check.keys
        self.successorTable = check.successors
        self.predecessorTable = check.predecessors
        self.orderTable = check.order
        self.indices = check.indices
    }

    static func chain(_ actions: [Action]) -> [Edge] {
        zip(actions, actions.dropFirst()).map { Edge(from: $0.id, to: $1.id) }
    }

    /// The action with an id.
    public subscript(id: String) -> Action? {
        self.indices[id].map { self.actions[$0] }
    }

    /// An order that respects every edge: of the actions that are free, always the first in the document.
    public func order() -> [Action] {
        self.orderTable.map { self.actions[$0] }
    }

    /// The actions that an action follows directly, in the order of the edges; empty for an unknown id.
    public func predecessors(of id: String) -> [Action] {
        self.neighbours(of: id, self.predecessorTable)
    }

    /// The actions that follow an action directly, in the order of the edges; empty for an unknown id.
    public func successors(of id: String) -> [Action] {
        self.neighbours(of: id, self.successorTable)
    }

    /// All actions that must be finished before an action begins, in document order; empty for an unknown id.
    public func ancestors(of id: String) -> [Action] {
        guard let index = self.indices[id] else { return [] }
        let seen = self.predecessorTable.reachable(from: [index])
        return self.actions.indices.filter { seen[$0] && $0 != index }.map { self.actions[$0] }
    }

    /// The actions whose keys are not among the given ones, in ``order()``.
    public func residual(after performed: Set<ActionKey>) -> [Action] {
        self.orderTable.filter { !performed.contains(self.keys[$0]) }.map { self.actions[$0] }
    }

    private func neighbours(of id: String, _ table: Adjacency) -> [Action] {
        guard let index = self.indices[id] else { return [] }
        return table[index].map { self.actions[Int($0)] }
    }
}

extension Graph: Hashable {
    /// The same actions and edges in the same document order.
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.actions == rhs.actions && lhs.edges == rhs.edges
    }

    /// Hashes actions and edges; everything else follows from them.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.actions)
        hasher.combine(self.edges)
    }
}

extension Graph: Codable {
    private enum CodingKeys: String, CodingKey {
        case actions, edges
    }

    /// Decodes actions and edges, and checks them like ``init(actions:edges:)``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            actions: container.decode([Action].self, forKey: .actions),
            edges: container.decode([Edge].self, forKey: .edges)
        )
    }

    /// Encodes actions and edges.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.actions, forKey: .actions)
        try container.encode(self.edges, forKey: .edges)
    }
}
