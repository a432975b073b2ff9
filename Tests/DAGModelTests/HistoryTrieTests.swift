import DAGModel
import SeededRandom
import Testing

@Suite("The trie of histories")
struct HistoryTrieTests {
    private static let letters = (0..<8).map { "\(Character(Unicode.Scalar(UInt8(97 + $0))))" }
    private static let pool = actions(letters.joined())
    private static let keys = pool.map(\.key)

    @Test("agrees with the three tests made on every image", arguments: 0..<20)
    func bruteForce(_ seed: Int) throws {
        var random = SeededGenerator(seed: 7_000 + seed)
        for round in 0..<5000 {
            let histories = (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.history(&random) }
            let graph = try Self.graph(&random)
            let weights = graph.actions.map { _ in Double(Int.random(in: 0...9, using: &random)) }
            var trie = HistoryTrie()
            for (entry, history) in histories.enumerated() { trie.insert(entry, history: history) }
            let matches = trie.matches(of: graph, weights: weights)

            var expected: [Int: [Action]] = [:]
            for (entry, history) in histories.enumerated() {
                if case .fits(let reused, _) = graph.match(history) { expected[entry] = reused }
            }
            let found = Dictionary(uniqueKeysWithValues: matches.found.map { ($0.entry, trie.reused($0, of: graph)) })
            guard found == expected, !matches.isCutOff else {
                Issue.record("seed \(seed), round \(round): \(found) and not \(expected)")
                return
            }
            for match in matches.found {
                let reused = expected[match.entry] ?? []
                let worth = zip(graph.actions, weights).reduce(0) { $0 + (reused.contains($1.0) ? $1.1 : 0) }
                #expect(match.reused == reused.count && match.weight == worth)
            }
        }
    }

    @Test("an image that is taken out, or gets another history, is found no more, or elsewhere")
    func changes() throws {
        let graph = try Graph(actions: actions("abc"), edges: edges("ab bc"))
        let weights = [1.0, 1, 1]
        func found(_ trie: HistoryTrie) -> [Int: Int] {
            let matches = trie.matches(of: graph, weights: weights).found
            return Dictionary(uniqueKeysWithValues: matches.map { ($0.entry, $0.reused) })
        }
        var trie = HistoryTrie()
        for entry in 0..<4 { trie.insert(entry, history: Self.keys.prefix(entry % 2 + 1)) }
        #expect(found(trie) == [0: 1, 1: 2, 2: 1, 3: 2] && trie.count == 4)
        for entry in [2, 2, 1, 9] { trie.remove(entry) }
        #expect(found(trie) == [0: 1, 3: 2] && trie.count == 2)
        trie.insert(3, history: [])
        trie.insert(7, history: Self.keys.prefix(3))
        #expect(found(trie) == [0: 1, 3: 0, 7: 3] && trie.count == 3)
        trie.insert(0, history: [Self.keys[1]])
        #expect(found(trie) == [3: 0, 7: 3])
    }

    @Test("the limit ends a walk and says so")
    func limit() throws {
        let graph = try Graph(actions: actions("abcde"), edges: [])
        var trie = HistoryTrie()
        for (entry, order) in permutations(["a", "b", "c", "d", "e"]).enumerated() {
            trie.insert(entry, history: actions(order.joined()).map(\.key))
        }
        let weights = Array(repeating: 1.0, count: 5)
        let whole = trie.matches(of: graph, weights: weights)
        #expect(whole.found.count == 120 && !whole.isCutOff && whole.visited == trie.prefixes)
        let some = trie.matches(of: graph, weights: weights, limit: 30)
        #expect(some.isCutOff && some.visited == 30 && some.found.count < 120)
    }

    @Test("a long history is as good as a short one")
    func long() throws {
        let chain = (0..<3000).map { Action(id: "a\($0)", operation: .script("step \($0)")) }
        let graph = try Graph(chain: chain)
        var trie = HistoryTrie()
        trie.insert(1, history: chain.map(\.key))
        trie.insert(2, history: chain.prefix(1500).map(\.key))
        let matches = trie.matches(of: graph, weights: chain.map { _ in 1 })
        #expect(matches.found.map(\.reused).sorted() == [1500, 3000] && matches.visited == 3001)
    }

    /// A sequence without repetition, now and then with one.
    private static func history(_ random: inout SeededGenerator) -> [ActionKey] {
        var history = Array(self.keys.shuffled(using: &random).prefix(Int.random(in: 0...6, using: &random)))
        if let first = history.first, Int.random(in: 0..<10, using: &random) == 0 { history.append(first) }
        // Half of them are rather ordered, so that they fit something.
        if Bool.random(using: &random) { history.sort() }
        return history
    }

    private static func graph(_ random: inout SeededGenerator) throws -> Graph {
        let chosen = self.pool.indices.shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random))
        // Edges from lesser to greater keys, so that there is no cycle.
        let ordered = chosen.sorted { self.keys[$0] < self.keys[$1] }
        let density = Int.random(in: 0...100, using: &random)
        var edges: [Edge] = []
        for from in ordered.indices {
            for to in ordered.indices where to > from && Int.random(in: 0..<100, using: &random) < density {
                edges.append(Edge(from: self.pool[ordered[from]].id, to: self.pool[ordered[to]].id))
            }
        }
        return try Graph(actions: chosen.map { self.pool[$0] }, edges: edges)
    }
}
