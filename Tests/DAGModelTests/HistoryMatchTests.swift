import DAGModel
import SeededRandom
import Testing

@Suite("Histories of images")
struct HistoryMatchTests {
    /// a before b and c, both before d; e alone.
    private let graph: Graph

    init() throws {
        self.graph = try Graph(actions: actions("abcde"), edges: edges("ab ac bd cd"))
    }

    @Test(
        "a beginning of the graph fits",
        arguments: [("", "abcde"), ("a", "bcde"), ("ea", "bcd"), ("acb", "de"), ("acbde", "")]
    )
    func fits(history: String, left: String) {
        let expected = HistoryMatch.fits(reused: actions(history), left: actions(left))
        #expect(self.graph.match(actions(history).map(\.key)) == expected)
    }

    @Test(
        "a history that does not fit says which test it fails, and where",
        arguments: [
            ("ax", HistoryMismatch.Test.subset, "x", nil, nil), ("xb", .subset, "x", nil, nil),
            ("b", .prefix, "b", "b", "a"), ("abd", .prefix, "d", "d", "c"), ("eb", .prefix, "b", "b", "a"),
            ("ba", .order, "b", "b", "a"), ("abdc", .order, "d", "d", "c"), ("aa", .order, "a", "a", nil),
        ] as [(String, HistoryMismatch.Test, String, String?, String?)]
    )
    func misfits(history: String, test: HistoryMismatch.Test, key: String, action: String?, predecessor: String?) {
        let expected = HistoryMismatch(test: test, key: actions(key)[0].key, action: action, predecessor: predecessor)
        #expect(self.graph.match(actions(history).map(\.key)) == .misfit(expected))
        #expect(!expected.description.isEmpty)
    }

    @Test("a match agrees with all linear extensions, tried one by one", arguments: 0..<60)
    func bruteForce(_ seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let vertices = Array("abcde".prefix(1 + seed % 5))
        var text: [String] = []
        let hidden = vertices.shuffled(using: &generator)
        for from in hidden.indices {
            for to in hidden.indices where to > from && Int.random(in: 0..<3, using: &generator) == 0 {
                text.append("\(hidden[from])\(hidden[to])")
            }
        }
        let graph = try Graph(actions: actions(String(vertices)), edges: edges(text.joined(separator: " ")))
        let extensions = linearExtensions(vertices.map(String.init), graph.edges)
        #expect(extensions.contains(graph.order().map(\.id)))
        #expect(extensions.min { $0.lexicographicallyPrecedes($1) } == graph.order().map(\.id))
        // Every sequence of up to three letters, one of them foreign, and all whole permutations.
        let letters = vertices.map(String.init) + ["z"]
        for history in sequences(letters, upTo: 3) + permutations(vertices.map(String.init)) {
            let isPrefix = extensions.contains { $0.starts(with: history) }
            let keys = actions(history.joined()).map(\.key)
            switch graph.match(keys) {
            case .fits(let reused, let left):
                #expect(isPrefix && reused.map(\.id) == history)
                #expect(left == graph.residual(after: Set(keys)))
            case .misfit:
                #expect(!isPrefix, "\(history) in \(graph.edges)")
            }
        }
    }
}

func permutations(_ items: [String]) -> [[String]] {
    guard !items.isEmpty else { return [[]] }
    return items.indices.flatMap { index in
        var rest = items
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}

private func linearExtensions(_ items: [String], _ edges: [Edge]) -> [[String]] {
    permutations(items).filter { order in
        edges.allSatisfy { (order.firstIndex(of: $0.from) ?? 0) < (order.firstIndex(of: $0.to) ?? 0) }
    }
}

private func sequences(_ letters: [String], upTo length: Int) -> [[String]] {
    var all: [[String]] = [[]]
    var last = all
    for _ in 0..<length {
        last = last.flatMap { start in letters.map { start + [$0] } }
        all += last
    }
    return all
}
