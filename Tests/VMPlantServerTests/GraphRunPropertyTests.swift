import DAGModel
import SeededRandom
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("random graphs with random outcomes")
struct GraphRunPropertyTests {
    @Test(
        "no action runs more than 1 + retries times, none before its predecessors are settled, and the end is right",
        arguments: 0..<400
    )
    func properties(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let graph = try randomGraph(&generator, prefix: "a", depth: 0)
        var (run, attempts, settled) = (GraphRun(graph.order()), [String: Int](), Set<String>())
        var graphs = [graph]
        var aborted: Action?
        loop: for step in 0... {
            try #require(step < 10_000, "does not end, seed \(seed)")
            switch run.next() {
            case .complete: break loop
            case .abort(let action):
                aborted = action
                break loop
            case .recovered(let action):
                settled.insert(action.id)
                graphs.removeLast()
            case .run(let action, let pause):
                attempts[action.id, default: 0] += 1
                #expect(attempts[action.id, default: 0] <= 1 + (action.onError.retry?.times ?? 0))
                #expect((pause == .zero) == (attempts[action.id] == 1))
                let owner = try #require(graphs.last)
                #expect(owner.predecessors(of: action.id).allSatisfy { settled.contains($0.id) })
                switch run.record(succeeded: Bool.random(using: &generator)) {
                case .done, .continued: settled.insert(action.id)
                case .recovering:
                    guard case .recover(let recovery) = action.onError.then else { return #expect(Bool(false)) }
                    graphs.append(recovery)
                case .retrying, .failed: break
                }
            }
        }
        if let aborted {
            #expect(!settled.contains(aborted.id))
            #expect(attempts[aborted.id] == 1 + (aborted.onError.retry?.times ?? 0))
        } else {
            #expect(graph.actions.allSatisfy { settled.contains($0.id) }, "seed \(seed)")
        }
    }

    private func randomGraph(_ generator: inout SeededGenerator, prefix: String, depth: Int) throws -> Graph {
        let count = Int.random(in: (depth == 0 ? 1 : 0)...6, using: &generator)
        var actions: [Action] = []
        for index in 0..<count {
            let id = "\(prefix)\(index)"
            let retry = Bool.random(using: &generator) ? Retry(times: Int.random(in: 1...3, using: &generator)) : nil
            let then: Resolution =
                switch Int.random(in: 0..<(depth < 3 ? 4 : 2), using: &generator) {
                case 0: .abort
                case 1: .continue
                default: .recover(try randomGraph(&generator, prefix: id + "-", depth: depth + 1))
                }
            actions.append(Action(id: id, operation: .script(id), onError: ErrorPolicy(retry: retry, then: then)))
        }
        // Edges from the later to the earlier in the document as well: they follow a random order, not the document's.
        let order = actions.shuffled(using: &generator)
        var edges: [Edge] = []
        for from in order.indices {
            for to in order.indices where from < to && Int.random(in: 0..<3, using: &generator) == 0 {
                edges.append(Edge(from: order[from].id, to: order[to].id))
            }
        }
        return try Graph(actions: actions, edges: edges)
    }
}
