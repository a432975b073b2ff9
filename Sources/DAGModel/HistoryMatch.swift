/// Whether what was done to an image is a beginning of what a graph asks for.
public enum HistoryMatch: Sendable, Hashable {
    /// It is: these actions are done already (in the order of the history), and these are left (in ``Graph/order()``).
    case fits(reused: [Action], left: [Action])
    /// It is not, for this reason.
    case misfit(HistoryMismatch)
}

/// Why a history does not fit a graph: the first of the three tests that fails, and where.
public struct HistoryMismatch: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The tests, in the order in which they are made.
    public enum Test: String, Sendable, Hashable, Codable, CaseIterable {
        /// Every step of the history is in the graph.
        case subset
        /// All that must come before a matched action is matched too.
        case prefix
        /// The history is an order that the graph allows, and has no step twice.
        case order
    }

    /// The test that failed.
    public var test: Test
    /// The step of the history at which it failed.
    public var key: ActionKey
    /// The action of the graph with that key, if there is one.
    public var action: String?
    /// The action that should have come before it, for ``Test/prefix`` and ``Test/order``.
    public var predecessor: String?

    /// Creates a mismatch.
    public init(test: Test, key: ActionKey, action: String? = nil, predecessor: String? = nil) {
        self.test = test
        self.key = key
        self.action = action
        self.predecessor = predecessor
    }

    /// The reason in words.
    public var description: String {
        let step = self.action.map { "'\($0)'" } ?? "step \(self.key.hex.prefix(12))"
        switch (self.test, self.predecessor) {
        case (.subset, _): return "the image has \(step), which the request does not ask for"
        case (.prefix, let before?): return "the image has \(step) without '\(before)', which must come before it"
        case (.order, let before?): return "the image has \(step) done before '\(before)', which must come before it"
        default: return "the image has \(step) done more than once"
        }
    }
}

extension Graph {
    /// Makes the three classic tests on the sequence of keys that made an image: *subset*, *prefix*, *order*.
    ///
    /// O(V + E + H) for a history of H steps.
    public func match(_ history: [ActionKey]) -> HistoryMatch {
        var actionOfKey: [ActionKey: Int] = [:]
        for (index, key) in self.keys.enumerated() { actionOfKey[key] = index }
        // Where in the history each action is done; nil where it is not.
        var places = [Int?](repeating: nil, count: self.actions.count)
        var matched: [Int] = []
        var repeated: Int?
        for (place, key) in history.enumerated() {
            guard let index = actionOfKey[key] else { return .misfit(HistoryMismatch(test: .subset, key: key)) }
            matched.append(index)
            if places[index] == nil { places[index] = place } else { repeated = repeated ?? index }
        }
        if let mismatch = self.missingPredecessor(of: matched, places) ?? self.latePredecessor(of: matched, places) {
            return .misfit(mismatch)
        }
        if let repeated { return .misfit(self.mismatch(.order, repeated, nil)) }
        let left = self.orderTable.filter { places[$0] == nil }
        return .fits(reused: matched.map { self.actions[$0] }, left: left.map { self.actions[$0] })
    }

    private func missingPredecessor(of matched: [Int], _ places: [Int?]) -> HistoryMismatch? {
        for index in matched {
            guard let missing = self.predecessorTable[index].first(where: { places[Int($0)] == nil }) else { continue }
            return self.mismatch(.prefix, index, Int(missing))
        }
        return nil
    }

    private func latePredecessor(of matched: [Int], _ places: [Int?]) -> HistoryMismatch? {
        for index in matched {
            let place = places[index] ?? 0
            guard let late = self.predecessorTable[index].first(where: { places[Int($0)] ?? 0 > place }) else {
                continue
            }
            return self.mismatch(.order, index, Int(late))
        }
        return nil
    }

    private func mismatch(_ test: HistoryMismatch.Test, _ index: Int, _ predecessor: Int?) -> HistoryMismatch {
        HistoryMismatch(
            test: test,
            key: self.keys[index],
            action: self.actions[index].id,
            predecessor: predecessor.map { self.actions[$0].id }
        )
    }
}
