import DAGModel
import Testing

/// Actions that are called and do what the letters say.
func actions(_ ids: String) -> [Action] {
    ids.map { Action(id: String($0), operation: .script("\($0)")) }
}

/// Edges as `ab bc`.
func edges(_ text: String) -> [Edge] {
    text.split(separator: " ").map { Edge(from: String($0.prefix(1)), to: String($0.dropFirst())) }
}

private func ids(_ actions: [Action]) -> String {
    actions.map(\.id).joined()
}

@Suite("Graphs")
struct GraphTests {
    @Test(
        "an order respects the edges, and otherwise the document",
        arguments: [
            ("abc", "", "abc"), ("cba", "", "cba"), ("abc", "ca", "bca"), ("abcd", "db dc", "adbc"),
            ("abcde", "eb ba ac", "debac"), ("xyz", "zy yx", "zyx"),
        ]
    )
    func order(vertices: String, edgeText: String, expected: String) throws {
        #expect(ids(try Graph(actions: actions(vertices), edges: edges(edgeText)).order()) == expected)
    }

    @Test("neighbours and ancestors are found by id")
    func neighbours() throws {
        let graph = try Graph(actions: actions("abcde"), edges: edges("ac bc cd ac"))
        #expect(graph.edges == edges("ac bc cd"))
        #expect(ids(graph.predecessors(of: "c")) == "ab")
        #expect(ids(graph.successors(of: "c")) == "d")
        #expect(ids(graph.ancestors(of: "d")) == "abc")
        #expect(graph.ancestors(of: "e").isEmpty)
        #expect(graph.ancestors(of: "x").isEmpty && graph.successors(of: "x").isEmpty)
        #expect(graph["b"]?.id == "b")
        #expect(graph["x"] == nil)
    }

    @Test("what is no graph says everything that is wrong")
    func problems() {
        var twice = actions("aab")
        twice[1].operation = .script("other")
        #expect(throws: GraphError(problems: [.duplicateID("a")])) { try Graph(actions: twice, edges: []) }
        var same = actions("ab")
        same[1].operation = same[0].operation
        #expect(throws: GraphError(problems: [.duplicateKey(first: "a", second: "b")])) {
            try Graph(actions: same, edges: [])
        }
        #expect(
            throws: GraphError(problems: [
                .danglingEdge(Edge(from: "a", to: "x"), unknown: "x"), .selfLoop("b"), .cycle(["a", "b"]),
            ])
        ) {
            try Graph(actions: actions("abc"), edges: edges("ax bb ab ba bc"))
        }
    }

    @Test("each knot of cycles is named once")
    func cycles() {
        do throws(GraphError) {
            _ = try Graph(actions: actions("abcdefg"), edges: edges("ab ba cd de ec dc ef fg"))
            Issue.record("accepted")
        } catch {
            #expect(error.problems == [.cycle(["a", "b"]), .cycle(["c", "d", "e"])])
            #expect(error.description.contains("a → b → a"))
        }
    }

    @Test("the residual is what is left, in order")
    func residual() throws {
        let graph = try Graph(actions: actions("abcd"), edges: edges("da ab"))
        #expect(ids(graph.residual(after: [])) == "cdab")
        #expect(ids(graph.residual(after: Set(actions("dx").map(\.key)))) == "cab")
    }

    @Test("a stored graph is checked again when it is read")
    func stored() throws {
        let graph = try Graph(actions: actions("abc"), edges: edges("ab"))
        #expect(try roundTrip(graph) == graph)
        struct Loose: Codable {
            var actions: [Action]
            var edges: [Edge]
        }
        let knot = Loose(actions: actions("ab"), edges: edges("ab ba"))
        #expect(throws: (any Error).self) { try convert(knot, to: Graph.self) }
        #expect(try convert(Loose(actions: actions("ab"), edges: edges("ab")), to: Graph.self).edges.count == 1)
    }

    @Test("long chains and dense graphs need no stack", .timeLimit(.minutes(2)))
    func large() throws {
        let count = 20_000
        let many = (0..<count).map { Action(id: "a\($0)", operation: .script("\($0)")) }
        let chain = try Graph(chain: many)
        #expect(chain.order().last?.id == "a\(count - 1)")
        #expect(chain.ancestors(of: "a\(count - 1)").count == count - 1)
        let backwards = many.indices.dropFirst().map { Edge(from: "a\($0)", to: "a\($0 - 1)") }
        #expect(try Graph(actions: many, edges: backwards).order().first?.id == "a\(count - 1)")
        #expect(throws: GraphError.self) {
            try Graph(actions: many, edges: backwards + [Edge(from: "a0", to: "a\(count - 1)")])
        }
        let few = many.prefix(320)
        let dense = few.indices.flatMap { from in ((from + 1)..<few.count).map { Edge(from: "a\(from)", to: "a\($0)") }
        }
        #expect(dense.count == 51_040)
        #expect(try Graph(actions: Array(few), edges: dense).order() == Array(few))
    }
}
