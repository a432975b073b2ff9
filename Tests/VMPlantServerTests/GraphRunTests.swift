import DAGModel
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("the course of a graph")
struct GraphRunTests {
    @Test("actions run in order, and then all is complete")
    func order() {
        #expect(course(["a", "b", "c"].map { action($0) }) == ["a", "b", "c", "complete"])
        #expect(course([]) == ["complete"])
    }

    @Test("a failure with the default policy gives up; nothing runs after it")
    func abort() {
        #expect(course([action("a"), action("b")], failing: ["a": 9]) == ["a", "abort a"])
    }

    @Test("retries come after growing pauses, and then the action's resolution")
    func retry() {
        let retry = Retry(times: 3, delay: .seconds(2), backoff: 3)
        var run = GraphRun([action("a", ErrorPolicy(retry: retry))])
        var pauses: [Duration] = []
        for attempt in 0..<4 {
            guard case .run(_, let pause) = run.next() else { return #expect(Bool(false), "no attempt \(attempt)") }
            pauses.append(pause)
            #expect(run.record(succeeded: false) == (attempt < 3 ? .retrying : .failed))
        }
        #expect(pauses == [.zero, .seconds(2), .seconds(6), .seconds(18)])
        guard case .abort(let action) = run.next() else { return #expect(Bool(false), "goes on") }
        #expect(action.id == "a")
    }

    @Test("a retry that succeeds ends the retries; the next action has its own, and no pause")
    func retrySucceeds() {
        let policy = ErrorPolicy(retry: Retry(times: 2, delay: .seconds(1)))
        let actions = [action("a", policy), action("b", policy)]
        #expect(course(actions, failing: ["a": 2, "b": 1]) == ["a", "a", "a", "b", "b", "complete"])
        var run = GraphRun(actions)
        _ = run.record(succeeded: false)
        _ = run.record(succeeded: true)
        guard case .run(_, let pause) = run.next() else { return #expect(Bool(false), "nothing runs") }
        #expect(pause == .zero)
    }

    @Test("with the policy to continue what follows runs")
    func continues() {
        let policy = ErrorPolicy(retry: Retry(times: 1), then: .continue)
        #expect(course([action("a", policy), action("b")], failing: ["a": 9]) == ["a", "a", "b", "complete"])
    }

    @Test("a recovery graph runs in the place of what failed, and the graph goes on")
    func recovery() throws {
        let policy = ErrorPolicy(then: .recover(try Graph(chain: [action("r"), action("s")])))
        let actions = [action("a", policy), action("b")]
        #expect(course(actions, failing: ["a": 9]) == ["a", "r", "s", "recovered a", "b", "complete"])
        #expect(course(actions) == ["a", "b", "complete"])
    }

    @Test("a recovery graph may have one of its own; each is told when it is done, the inner first")
    func nestedRecovery() throws {
        let inner = ErrorPolicy(then: .recover(try Graph(chain: [action("i")])))
        let outer = ErrorPolicy(then: .recover(try Graph(chain: [action("r", inner), action("s")])))
        let failing = ["a": 9, "r": 9]
        let expected = ["a", "r", "i", "recovered r", "s", "recovered a", "b", "complete"]
        #expect(course([action("a", outer), action("b")], failing: failing) == expected)
    }

    @Test("a recovery graph that fails fails the graph, and its action is named")
    func failedRecovery() throws {
        let policy = ErrorPolicy(then: .recover(try Graph(chain: [action("r"), action("s")])))
        #expect(course([action("a", policy), action("b")], failing: ["a": 9, "r": 9]) == ["a", "r", "abort r"])
        let empty = ErrorPolicy(then: .recover(Graph()))
        #expect(course([action("a", empty), action("b")], failing: ["a": 9]) == ["a", "recovered a", "b", "complete"])
    }

    @Test("asking again without an outcome changes nothing")
    func repeatedQuestion() {
        var run = GraphRun([action("a")])
        #expect(run.next() == run.next())
        #expect(run.record(succeeded: false) == .failed)
        #expect(run.next() == run.next())
    }

    private func action(_ id: String, _ policy: ErrorPolicy = ErrorPolicy()) -> Action {
        Action(id: id, operation: .script(id), onError: policy)
    }

    /// What a run says, when actions fail as often as given.
    private func course(_ actions: [Action], failing: [String: Int] = [:]) -> [String] {
        var (run, left, said) = (GraphRun(actions), failing, [String]())
        while said.count < 100 {
            switch run.next() {
            case .run(let action, _):
                said.append(action.id)
                let fails = left[action.id, default: 0] > 0
                left[action.id, default: 0] -= 1
                _ = run.record(succeeded: !fails)
            case .recovered(let action): said.append("recovered \(action.id)")
            case .abort(let action): return said + ["abort \(action.id)"]
            case .complete: return said + ["complete"]
            }
        }
        return said
    }
}
