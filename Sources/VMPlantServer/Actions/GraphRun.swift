import DAGModel

/// The course of a graph's execution: which action runs next, and what the outcome of one means under its error policy.
///
/// A pure state machine. It is told outcomes and says what to do; it runs nothing, waits for nothing.
struct GraphRun: Sendable {
    /// What to do next.
    enum Instruction: Sendable, Hashable {
        /// Run an action, after a pause.
        case run(Action, pause: Duration)
        /// The recovery graph of this action succeeded; note it and ask again.
        case recovered(Action)
        /// Everything is done.
        case complete
        /// This action failed, and its policy is to give up.
        case abort(Action)
    }

    /// What the outcome of an action meant.
    enum Verdict: Sendable, Hashable {
        case done
        /// It will be run again.
        case retrying
        /// It failed, and the graph goes on.
        case continued
        /// It failed, and its recovery graph comes next.
        case recovering
        /// It failed for good.
        case failed
    }

    /// A sequence of actions under way: the request's own, or a recovery graph on top of it.
    private struct Frame {
        var queue: ArraySlice<Action>
        var recovering: Action?
    }

    private var frames: [Frame]
    private var failures = 0
    private var pause = Duration.zero
    private var aborted: Action?

    /// A run of the given actions, which are in an order that the graph allows.
    init(_ actions: [Action]) {
        frames = [Frame(queue: actions[...], recovering: nil)]
    }

    /// What to do now. Asking twice without an outcome in between answers the same, but for `recovered`, which is said
    /// once.
    mutating func next() -> Instruction {
        if let aborted { return .abort(aborted) }
        guard let frame = frames.last else { return .complete }
        if let action = frame.queue.first { return .run(action, pause: pause) }
        frames.removeLast()
        guard let recovered = frame.recovering else { return .complete }
        return .recovered(recovered)
    }

    /// Takes the outcome of the action that ``next()`` said to run.
    mutating func record(succeeded: Bool) -> Verdict {
        guard let index = frames.indices.last, let action = frames[index].queue.first else { return .failed }
        if !succeeded, let retry = action.onError.retry, failures < retry.times {
            failures += 1
            pause = retry.pause(before: failures)
            return .retrying
        }
        failures = 0
        pause = .zero
        frames[index].queue.removeFirst()
        return succeeded ? .done : settle(action)
    }

    private mutating func settle(_ action: Action) -> Verdict {
        switch action.onError.then {
        case .continue:
            return .continued
        case .recover(let graph):
            frames.append(Frame(queue: graph.order()[...], recovering: action))
            return .recovering
        case .abort:
            // Inside a recovery graph the action that was being recovered fails with it; the innermost is named.
            aborted = action
            return .failed
        }
    }
}
