/// What stops an image from being used for a graph, step by step of the image's history.
public struct HistoryExplanation: Sendable, Hashable, Codable {
    /// What became of one step of an image.
    public struct Step: Sendable, Hashable, Codable {
        /// The step's name in the request that the image was made by.
        public var name: String
        /// How it stands with the graph.
        public var verdict: Verdict

        /// A step and its verdict.
        public init(name: String, verdict: Verdict) {
            self.name = name
            self.verdict = verdict
        }
    }

    /// How a step of an image stands with a graph.
    public enum Verdict: Sendable, Hashable, Codable {
        /// An action of the graph does the same, and all that must come before it was done before it.
        case matched(action: String)
        /// No action of the graph is like it.
        case notInRequest
        /// An action of the graph does the same, but `missing` must come before it and was not done, or later.
        case predecessorMissing(action: String, missing: String)
        /// An action of the graph does nearly the same; no difference when only a secret can differ.
        case almostTheSame(action: String, difference: StepDifference?)
        /// The same step was done before.
        case repeated(action: String)
    }

    /// The steps in the order of the history.
    public var steps: [Step]

    /// Whether the image fits: every step is matched.
    public var fits: Bool {
        self.steps.allSatisfy { if case .matched = $0.verdict { true } else { false } }
    }
}

/// A step of a history as an explanation needs it.
public struct HistoryStep: Sendable, Hashable {
    /// The step's key.
    public var key: ActionKey
    /// Its name in the request that the image was made by.
    public var name: String
    /// What it did, where the image knows.
    public var content: StepContent?

    /// A step.
    public init(key: ActionKey, name: String, content: StepContent? = nil) {
        self.key = key
        self.name = name
        self.content = content
    }
}

extension Graph {
    /// More than this part of a step must be as in another for them to be nearly the same.
    private static let nearness = 0.5

    /// Says of every step of a history how it stands with this graph.
    ///
    /// It fits, as ``HistoryExplanation/fits`` says, exactly when ``match(_:)`` says so.
    public func explain(_ history: [HistoryStep]) -> HistoryExplanation {
        var indexOfKey: [ActionKey: Int] = [:]
        for (index, key) in self.keys.enumerated() { indexOfKey[key] = index }
        var done = Set<Int>()
        var steps: [HistoryExplanation.Step] = []
        // What is the same as some step of the image is not nearly the same as another.
        let taken = Set(history.compactMap { indexOfKey[$0.key] })
        for step in history {
            let verdict: HistoryExplanation.Verdict
            if let index = indexOfKey[step.key] {
                verdict = self.verdict(of: index, done)
                done.insert(index)
            } else {
                verdict = self.nearest(to: step, except: taken)
            }
            steps.append(HistoryExplanation.Step(name: step.name, verdict: verdict))
        }
        return HistoryExplanation(steps: steps)
    }

    private func verdict(of index: Int, _ done: Set<Int>) -> HistoryExplanation.Verdict {
        let action = self.actions[index].id
        if done.contains(index) { return .repeated(action: action) }
        guard let missing = self.predecessorTable[index].first(where: { !done.contains(Int($0)) }) else {
            return .matched(action: action)
        }
        return .predecessorMissing(action: action, missing: self.actions[Int(missing)].id)
    }

    /// The action that is most like a step; among equals the one of the same name, then the first.
    private func nearest(to step: HistoryStep, except taken: Set<Int>) -> HistoryExplanation.Verdict {
        guard let content = step.content else {
            // Nothing but the name is known of it.
            let named = self.actions.indices.first { self.actions[$0].id == step.name && !taken.contains($0) }
            return named.map { .almostTheSame(action: self.actions[$0].id, difference: nil) } ?? .notInRequest
        }
        var best: (index: Int, likeness: Double)?
        for (index, action) in self.actions.enumerated() where !taken.contains(index) {
            // Of one name, they are meant to be the same, whatever became of the one.
            let bonus = action.id == step.name ? 0.51 : 0
            let likeness = content.similarity(to: StepContent(action)) + bonus
            if likeness > max(Self.nearness, best?.likeness ?? 0) { best = (index, likeness) }
        }
        guard let best else { return .notInRequest }
        let action = self.actions[best.index]
        return .almostTheSame(action: action.id, difference: content.difference(to: StepContent(action)))
    }
}
