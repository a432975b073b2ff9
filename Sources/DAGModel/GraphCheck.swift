/// Makes tables of actions and edges, and finds everything that is wrong with them on the way.
struct GraphCheck {
    /// A problem, and the action or edge (by its index in what was given) to point at.
    struct Finding {
        enum Place: Hashable {
            case action(Int)
            case edge(Int)
        }

        var problem: GraphError.Problem
        var place: Place
    }

    let actions: [Action]
    private(set) var edges: [Edge] = []
    private(set) var keys: [ActionKey]
    private(set) var indices: [String: Int] = [:]
    private(set) var successors = Adjacency()
    private(set) var predecessors = Adjacency()
    private(set) var order: [Int] = []
    private(set) var problems: [Finding] = []
    /// For each edge that was kept, its index among those given.
    private var origins: [Int] = []

    /// Checks actions and edges; not the keys, if those are given: then they were compared over all graphs of a
    /// document.
    init(actions: [Action], edges: [Edge], keys: [ActionKey]? = nil) {
        self.actions = actions
        self.keys = keys ?? actions.map(\.key)
        self.checkActions(keysUnique: keys == nil)
        let (sources, targets) = self.keepEdges(edges)
        self.successors = Adjacency(vertices: actions.count, sources: sources, targets: targets)
        self.predecessors = Adjacency(vertices: actions.count, sources: targets, targets: sources)
        self.order = Ordering.topological(
            vertices: actions.count,
            successors: self.successors,
            predecessors: self.predecessors
        )
        if self.order.count < actions.count { self.nameCycles() }
    }

    private mutating func checkActions(keysUnique: Bool) {
        var owners: [ActionKey: Int] = [:]
        for (index, action) in self.actions.enumerated() {
            if self.indices.updateValue(self.indices[action.id] ?? index, forKey: action.id) != nil {
                self.report(.duplicateID(action.id), .action(index))
            }
            if keysUnique, let first = owners[self.keys[index]] {
                self.report(.duplicateKey(first: self.actions[first].id, second: action.id), .action(index))
            } else {
                owners[self.keys[index]] = index
            }
        }
    }

    /// Keeps each edge between two known actions once.
    private mutating func keepEdges(_ given: [Edge]) -> (sources: [Int32], targets: [Int32]) {
        var seen: Set<Edge> = []
        var sources: [Int32] = []
        var targets: [Int32] = []
        for (index, edge) in given.enumerated() where seen.insert(edge).inserted {
            guard let from = self.index(of: edge.from, edge, index), let to = self.index(of: edge.to, edge, index)
            else {
                continue
            }
            guard from != to else {
                self.report(.selfLoop(edge.from), .edge(index))
                continue
            }
            self.edges.append(edge)
            self.origins.append(index)
            sources.append(Int32(from))
            targets.append(Int32(to))
        }
        return (sources, targets)
    }

    private mutating func index(of id: String, _ edge: Edge, _ place: Int) -> Int? {
        if let index = self.indices[id] { return index }
        self.report(.danglingEdge(edge, unknown: id), .edge(place))
        return nil
    }

    private mutating func nameCycles() {
        let cycles = Ordering.cycles(vertices: self.actions.count, successors: self.successors)
        var places: [Edge: Int] = [:]
        for (edge, origin) in zip(self.edges, self.origins) { places[edge] = origin }
        for cycle in cycles {
            let ids = cycle.map { self.actions[$0].id }
            let closing = Edge(from: ids[ids.count - 1], to: ids[0])
            self.report(.cycle(ids), places[closing].map { .edge($0) } ?? .action(cycle[0]))
        }
    }

    private mutating func report(_ problem: GraphError.Problem, _ place: Finding.Place) {
        self.problems.append(Finding(problem: problem, place: place))
    }
}
