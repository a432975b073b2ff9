import LibXML

extension RequestReader {
    /// The edges of one graph as the document has them.
    struct EdgeList {
        var edges: [Edge] = []
        /// Where each edge is.
        var places: [ElementCursor] = []
        /// Whether any edge names `start`, and the actions that those edges lead to.
        var namesStart = false
        var afterStart: [String] = []
        /// Whether any edge names `finish`, and the actions that those edges come from.
        var namesFinish = false
        var beforeFinish: [String] = []
    }

    /// Reads the `<actions>` and `<edges>` of a request or of a recovery; nil if they are no graph.
    mutating func graph(in place: ElementCursor, outer: (scope: Int, action: String)?) -> Graph? {
        let scope = self.scopes.count
        self.scopes.append(Scope(outer: outer))
        let places = place.first("actions")?.children("action") ?? []
        var actions: [Action] = []
        var keys: [ActionKey] = []
        var placeOf: [String: ElementCursor] = [:]
        for place in places {
            guard let (action, key) = self.action(place, scope: scope) else { continue }
            actions.append(action)
            keys.append(key)
            if placeOf[action.id] == nil { placeOf[action.id] = place }
        }
        guard let list = place.first("edges") else {
            // Two actions with one id would make the chain a knot; that they are two is known already.
            let check = GraphCheck(actions: actions, edges: Graph.chain(actions), keys: keys)
            self.scopes[scope].check = check
            return check.problems.isEmpty ? Graph(check) : nil
        }
        let edges = self.edges(list, known: placeOf)
        let check = GraphCheck(actions: actions, edges: edges.edges, keys: keys)
        self.scopes[scope].check = check
        self.reportProblems(of: check, edges: edges, places: placeOf)
        self.checkEnds(of: check, edges: edges, places: placeOf)
        return check.problems.isEmpty ? Graph(check) : nil
    }

    private mutating func edges(_ list: ElementCursor, known: [String: ElementCursor]) -> EdgeList {
        var result = EdgeList()
        for place in list.children("edge") {
            guard let from = place.element["from"], let to = place.element["to"] else { continue }
            switch (from, to) {
            case (_, "start"), ("finish", _):
                self.report(
                    .terminalEdge,
                    to == "start" ? "nothing comes before the start" : "nothing follows the finish",
                    expected: "edges out of 'start' and into 'finish' only",
                    at: place
                )
            case ("start", "finish"):
                result.namesStart = true
                result.namesFinish = true
            case ("start", _):
                result.namesStart = true
                if self.isKnown(to, known, Edge(from: from, to: to), at: place) { result.afterStart.append(to) }
            case (_, "finish"):
                result.namesFinish = true
                if self.isKnown(from, known, Edge(from: from, to: to), at: place) { result.beforeFinish.append(from) }
            default:
                result.edges.append(Edge(from: from, to: to))
                result.places.append(place)
            }
        }
        return result
    }

    private mutating func isKnown(
        _ id: String,
        _ known: [String: ElementCursor],
        _ edge: Edge,
        at place: ElementCursor
    ) -> Bool {
        if known[id] != nil { return true }
        self.reportDangling(edge, id, at: place)
        return false
    }

    private mutating func reportDangling(_ edge: Edge, _ id: String, at place: ElementCursor) {
        self.report(
            .danglingEdge,
            "edge \(edge) names '\(id)', which is no action of this graph",
            expected: "the id of an action beside these edges, 'start' or 'finish'",
            at: place
        )
    }

    private mutating func reportProblems(of check: GraphCheck, edges: EdgeList, places: [String: ElementCursor]) {
        for finding in check.problems {
            let place: ElementCursor? =
                switch finding.place {
                case .edge(let index): edges.places[index]
                case .action(let index): places[check.actions[index].id]
                }
            guard let place else { continue }
            switch finding.problem {
            case .duplicateID, .duplicateKey:
                break  // Reported over all graphs of the document.
            case .danglingEdge(let edge, let unknown):
                self.reportDangling(edge, unknown, at: place)
            case .selfLoop(let id):
                self.report(
                    .selfLoop,
                    "action '\(id)' has an edge to itself",
                    expected: "edges between different actions",
                    at: place
                )
            case .cycle(let ids):
                self.report(
                    .cycle,
                    "these actions wait for each other: \(GraphError.Problem.cycleText(ids))",
                    expected: "an order without cycles: take one of these edges away",
                    at: place
                )
            }
        }
    }

    /// Where edges name `start` or `finish`, these are all the ways in or out: no action may be beside them.
    private mutating func checkEnds(of check: GraphCheck, edges: EdgeList, places: [String: ElementCursor]) {
        if edges.namesStart {
            let missed = Self.missed(check, edges.afterStart, check.successors)
            self.reportMissed(missed, .unreachable, "cannot be reached from 'start'", "an edge that leads to", places)
        }
        if edges.namesFinish {
            let missed = Self.missed(check, edges.beforeFinish, check.predecessors)
            self.reportMissed(missed, .deadEnd, "do not lead to 'finish'", "an edge onwards from", places)
        }
    }

    private static func missed(_ check: GraphCheck, _ ids: [String], _ table: Adjacency) -> [String] {
        let seen = table.reachable(from: ids.compactMap { check.indices[$0] })
        return check.actions.indices.filter { !seen[$0] && check.indices[check.actions[$0].id] == $0 }
            .map { check.actions[$0].id }
    }

    private mutating func reportMissed(
        _ ids: [String],
        _ code: RequestCode,
        _ message: String,
        _ expected: String,
        _ places: [String: ElementCursor]
    ) {
        guard let first = ids.first, let place = places[first] else { return }
        let shown = ids.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        let more = ids.count > 20 ? " and \(ids.count - 20) more" : ""
        self.report(
            code,
            "actions that \(message): \(shown)\(more)",
            expected: "\(expected) each of them, or no edges with that end at all",
            at: place
        )
    }
}
