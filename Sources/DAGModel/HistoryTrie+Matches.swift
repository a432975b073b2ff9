/// An image whose history is a beginning of a graph.
public struct HistoryTrieMatch: Sendable, Hashable {
    /// The image's number.
    public let entry: Int
    /// How many actions of the graph it has done.
    public let reused: Int
    /// The sum of the weights of these actions.
    public let weight: Double
    let node: HistoryTrie.Node
}

/// A beginning of a graph that made one image or more.
public struct HistoryTriePrefix: Sendable, Hashable {
    /// How many actions of the graph it is.
    public let reused: Int
    /// The sum of the weights of these actions.
    public let weight: Double
    let node: HistoryTrie.Node
}

/// What a walk through a trie found, before anybody looks at the images.
public struct HistoryTriePrefixes: Sendable, Hashable {
    /// The prefixes that fit and have images, in the order in which the walk came to them.
    public internal(set) var found: [HistoryTriePrefix] = []
    /// How many prefixes the walk has seen.
    public internal(set) var visited = 0
    /// Whether the limit ended the walk before it had seen all prefixes that fit.
    public internal(set) var isCutOff = false
}

/// What a walk through a trie found.
public struct HistoryTrieMatches: Sendable, Hashable {
    /// The images that fit, in the order in which the walk came to them.
    public internal(set) var found: [HistoryTrieMatch] = []
    /// How many prefixes the walk has seen.
    public internal(set) var visited = 0
    /// Whether the limit ended the walk before it had seen all prefixes that fit.
    public internal(set) var isCutOff = false
}

extension HistoryTrie {
    /// Prefixes that a walk sees at the most when nothing else is said: some milliseconds.
    public static let visitLimit = 50_000

    /// Finds all images that pass the three tests on a graph: subset, prefix and order.
    ///
    /// The time depends on how many prefixes fit the graph, not on how many images there are. A graph without edges over
    /// images of every order of its actions has too many; therefore the limit.
    ///
    /// - Parameters:
    ///   - graph: The graph.
    ///   - weights: What each action is worth, in the order of ``Graph/actions``: the seconds it takes, say.
    ///   - limit: How many prefixes are seen at the most.
    /// - Returns: The images with what their histories are worth.
    public func matches(
        of graph: Graph,
        weights: [Double],
        limit: Int = HistoryTrie.visitLimit
    ) -> HistoryTrieMatches {
        let prefixes = self.prefixes(of: graph, weights: weights, limit: limit)
        var matches = HistoryTrieMatches(visited: prefixes.visited, isCutOff: prefixes.isCutOff)
        for prefix in prefixes.found {
            self.forEachEntry(of: prefix) { entry in
                matches.found.append(
                    HistoryTrieMatch(entry: entry, reused: prefix.reused, weight: prefix.weight, node: prefix.node)
                )
            }
        }
        return matches
    }

    /// Finds the prefixes that pass the three tests on a graph. All images of one have the same history, so that who wants
    /// the best need not look at those of each.
    ///
    /// - Parameters:
    ///   - graph: The graph.
    ///   - weights: What each action is worth, in the order of ``Graph/actions``.
    ///   - limit: How many prefixes are seen at the most.
    /// - Returns: The prefixes that have images.
    public func prefixes(
        of graph: Graph,
        weights: [Double],
        limit: Int = HistoryTrie.visitLimit
    ) -> HistoryTriePrefixes {
        precondition(weights.count == graph.actions.count, "a weight for each action")
        var walk = TrieWalk(trie: self, graph: graph, weights: weights)
        return walk.run(limit: limit)
    }

    /// The images of a prefix that this trie has found, and has not changed since.
    public func forEachEntry(of prefix: HistoryTriePrefix, _ body: (Int) -> Void) {
        self.forEachEntry(of: prefix.node, body)
    }

    /// The actions that an image has done, in the order in which they were.
    ///
    /// - Parameters:
    ///   - match: A match that this trie has found, and has not changed since.
    ///   - graph: The graph that was matched.
    /// - Returns: The actions of the graph that need not be done.
    public func reused(_ match: HistoryTrieMatch, of graph: Graph) -> [Action] {
        var numbers: [UInt32: Int] = [:]
        for (index, key) in graph.keys.enumerated() { if let number = self.keys[key] { numbers[number] = index } }
        var actions: [Action] = []
        var node = match.node
        while node != Self.root {
            if let index = numbers[self.nodes[Int(node)].key] { actions.append(graph.actions[index]) }
            node = self.nodes[Int(node)].parent
        }
        return actions.reversed()
    }
}

/// A walk from the root of a trie along the actions of a graph that may run next. It goes down and comes back up; the
/// actions that are free are those of where it stands.
private struct TrieWalk {
    /// One step down: the action that was done, and what is to be put back on the way up.
    private struct Step {
        var node: HistoryTrie.Node
        var action: Int
        var place: Int
        var free: Int
        var weight: Double
        /// The children that are still to be gone to, from here on in `pending`.
        var pendingFrom: Int
    }

    private let trie: HistoryTrie
    private let graph: Graph
    private let weights: [Double]
    /// The trie's numbers of the graph's keys, and back.
    private let numbers: [UInt32]
    private let actionOfNumber: [UInt32: Int]
    private var missing: [Int]
    private var free: [Int] = []
    private var placeOfFree: [Int]
    private var pending: [(node: HistoryTrie.Node, action: Int)] = []
    private var result = HistoryTriePrefixes()

    init(trie: HistoryTrie, graph: Graph, weights: [Double]) {
        self.trie = trie
        self.graph = graph
        self.weights = weights
        self.numbers = graph.keys.map { trie.keys[$0] ?? HistoryTrie.none }
        var actions: [UInt32: Int] = [:]
        for (index, number) in self.numbers.enumerated() where number != HistoryTrie.none { actions[number] = index }
        self.actionOfNumber = actions
        self.missing = graph.actions.indices.map { graph.predecessorTable[$0].count }
        self.placeOfFree = Array(repeating: -1, count: graph.actions.count)
        for index in graph.actions.indices where self.missing[index] == 0 { self.makeFree(index) }
    }

    mutating func run(limit: Int) -> HistoryTriePrefixes {
        var steps = [Step(node: HistoryTrie.root, action: -1, place: -1, free: 0, weight: 0, pendingFrom: 0)]
        self.arrive(at: steps[0], depth: 0)
        while let step = steps.last {
            guard self.pending.count > step.pendingFrom, let next = self.pending.popLast() else {
                steps.removeLast()
                self.goUp(step)
                continue
            }
            guard self.result.visited < limit else {
                self.result.isCutOff = true
                break
            }
            let down = self.goDown(to: next.node, by: next.action, weight: step.weight)
            steps.append(down)
            self.arrive(at: down, depth: steps.count - 1)
        }
        return self.result
    }

    /// Notes the images of a node, and where one can go from it.
    private mutating func arrive(at step: Step, depth: Int) {
        self.result.visited += 1
        if self.trie.hasEntries(step.node) {
            self.result.found.append(HistoryTriePrefix(reused: depth, weight: step.weight, node: step.node))
        }
        // Whichever is fewer: the children there are, or the actions that may run.
        if Int(self.trie.nodes[Int(step.node)].children) <= self.free.count {
            var child = self.trie.nodes[Int(step.node)].firstChild
            while child != HistoryTrie.none {
                let node = self.trie.nodes[Int(child)]
                if let action = self.actionOfNumber[node.key], self.placeOfFree[action] >= 0 {
                    self.pending.append((child, action))
                }
                child = node.nextSibling
            }
        } else {
            for action in self.free {
                if let child = self.trie.child(of: step.node, key: self.numbers[action]) {
                    self.pending.append((child, action))
                }
            }
        }
    }

    private mutating func goDown(to node: HistoryTrie.Node, by action: Int, weight: Double) -> Step {
        let place = self.placeOfFree[action]
        self.takeFree(at: place)
        let free = self.free.count
        for successor in self.graph.successorTable[action] {
            self.missing[Int(successor)] -= 1
            if self.missing[Int(successor)] == 0 { self.makeFree(Int(successor)) }
        }
        return Step(
            node: node,
            action: action,
            place: place,
            free: free,
            weight: weight + self.weights[action],
            pendingFrom: self.pending.count
        )
    }

    /// Undoes exactly what going down did, in the opposite order.
    private mutating func goUp(_ step: Step) {
        guard step.action >= 0 else { return }
        for successor in self.graph.successorTable[step.action] { self.missing[Int(successor)] += 1 }
        while self.free.count > step.free { self.placeOfFree[self.free.removeLast()] = -1 }
        self.putBack(step.action, at: step.place)
    }

    /// An action whose key no image has is never free: nothing leads from it.
    private mutating func makeFree(_ action: Int) {
        guard self.numbers[action] != HistoryTrie.none else { return }
        self.placeOfFree[action] = self.free.count
        self.free.append(action)
    }

    private mutating func takeFree(at place: Int) {
        let taken = self.free[place]
        let last = self.free.removeLast()
        if last != taken {
            self.free[place] = last
            self.placeOfFree[last] = place
        }
        self.placeOfFree[taken] = -1
    }

    private mutating func putBack(_ action: Int, at place: Int) {
        if place < self.free.count {
            let moved = self.free[place]
            self.placeOfFree[moved] = self.free.count
            self.free.append(moved)
            self.free[place] = action
        } else {
            self.free.append(action)
        }
        self.placeOfFree[action] = place
    }
}
