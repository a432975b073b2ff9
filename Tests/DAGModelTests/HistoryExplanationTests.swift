import DAGModel
import SeededRandom
import Testing

@Suite("Why an image does not fit")
struct HistoryExplanationTests {
    private static func user(_ name: String, shell: String = "/bin/sh", secret: String? = nil) -> Action {
        var action = Action(id: "account", operation: .named("user"))
        action.parameters = [
            Parameter(name: "NAME", value: .literal(name)), Parameter(name: "SHELL", value: .literal(shell)),
        ]
        if let secret { action.parameters.append(Parameter(name: "PASSWORD", value: .literal(secret), secret: true)) }
        return action
    }

    private static func steps(_ actions: [Action]) -> [HistoryStep] {
        actions.map { HistoryStep(key: $0.key, name: $0.id, content: StepContent($0)) }
    }

    @Test("a step with one other parameter is almost the same, and both values are said")
    func parameter() throws {
        let graph = try Graph(chain: [Self.user("alice", shell: "/bin/bash")])
        let explanation = graph.explain(Self.steps([Self.user("alice")]))
        let difference = StepDifference("parameter SHELL", "\"/bin/sh\"", "\"/bin/bash\"")
        #expect(explanation.steps.map(\.verdict) == [.almostTheSame(action: "account", difference: difference)])
        #expect(!explanation.fits)
    }

    @Test("a parameter that only one of them has is a difference")
    func missingParameter() throws {
        var fewer = Self.user("alice")
        fewer.parameters.removeLast()
        let graph = try Graph(chain: [fewer])
        let difference = StepDifference("parameter SHELL", "\"/bin/sh\"", "none")
        #expect(
            graph.explain(Self.steps([Self.user("alice")])).steps.first?.verdict
                == .almostTheSame(action: "account", difference: difference)
        )
    }

    @Test("of two scripts the first line that differs is said")
    func script() throws {
        let old = Action(id: "build", operation: .script("set -e\n./configure\nmake\n"))
        let new = Action(id: "compile", operation: .script("set -e\n./configure --fast\nmake\n"))
        let difference = StepDifference("line 2 of the script", "\"./configure\"", "\"./configure --fast\"")
        #expect(
            try Graph(chain: [new]).explain(Self.steps([old])).steps.first?.verdict
                == .almostTheSame(action: "compile", difference: difference)
        )
    }

    @Test("a step of the same name is almost the same, however different it is")
    func sameName() throws {
        let old = Action(id: "build", operation: .script("sleep 7"))
        let new = Action(id: "build", operation: .named("user"))
        let verdict = try Graph(chain: [new]).explain(Self.steps([old])).steps.first?.verdict
        #expect(verdict == .almostTheSame(action: "build", difference: StepDifference("operation", "script", "user")))
    }

    @Test("a secret is never said, nor kept")
    func secret() throws {
        let old = Self.steps([Self.user("alice", secret: "hunter2")])
        #expect(!"\(old)".contains("hunter2"))
        let graph = try Graph(chain: [Self.user("alice", secret: "other")])
        #expect(graph.explain(old).steps.first?.verdict == .almostTheSame(action: "account", difference: nil))
    }

    @Test("a step like none of the graph's is not in the request; one without its predecessor says which")
    func others() throws {
        let graph = try Graph(actions: actions("abc"), edges: edges("ab bc"))
        // No action of the graph has its name.
        let history = Self.steps(actions("ac") + [Self.user("alice")] + actions("a"))
        #expect(
            graph.explain(history).steps.map(\.verdict) == [
                .matched(action: "a"), .predecessorMissing(action: "c", missing: "b"), .notInRequest,
                .repeated(action: "a"),
            ]
        )
    }

    @Test("a step of which only key and name are known is almost the same as the action of its name")
    func nameOnly() throws {
        let old = HistoryStep(key: Self.user("alice").key, name: "account")
        let graph = try Graph(chain: [Self.user("bob")])
        #expect(graph.explain([old]).steps.first?.verdict == .almostTheSame(action: "account", difference: nil))
    }

    @Test("an explanation says that an image fits exactly when it does", arguments: 0..<200)
    func agreement(_ seed: Int) throws {
        var random = SeededGenerator(seed: 900 + seed)
        let letters = actions("abcdef")
        let text = ["ab", "ac", "bd", "cd", "de", "af"].filter { _ in Bool.random(using: &random) }
        let graph = try Graph(
            actions: Array(letters.prefix(5)),
            edges: edges(text.joined(separator: " ")).filter { $0.to != "f" }
        )
        for _ in 0..<50 {
            var history = Array(letters.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random)))
            if let first = history.first, Int.random(in: 0..<5, using: &random) == 0 { history.append(first) }
            var isFit = false
            if case .fits = graph.match(history.map(\.key)) { isFit = true }
            #expect(graph.explain(Self.steps(history)).fits == isFit)
        }
    }
}
