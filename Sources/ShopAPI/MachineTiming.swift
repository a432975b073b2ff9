public import CostModel

/// How long a machine was expected to take until it was ready, by the plan that it was made by, and how long it took.
public struct MachineTiming: Sendable, Hashable, Codable {
    /// A part of the work.
    public struct Step: Sendable, Hashable, Codable {
        /// `transfer`, `clone`, `start`, or the id of an action.
        public var name: String
        /// In seconds.
        public var expected: Double
        /// In seconds; nothing until the machine is ready.
        public var actual: Double?

        /// A step that is to be done.
        public init(name: String, expected: Double, actual: Double? = nil) {
            self.name = name
            self.expected = expected
            self.actual = actual
        }
    }

    /// Seconds until ready, as expected.
    public var expected: Double
    /// Seconds until ready, as it was; nothing until then. More than the sum of the steps: address, network, share and
    /// domain are made as well.
    public var actual: Double?
    /// The parts, in order.
    public var steps: [Step]

    /// What is expected of a plan.
    public init(_ work: PlannedWork) {
        expected = work.seconds
        steps =
            [work.transfer.map { Step(name: "transfer", expected: $0.expectedSeconds) }].compactMap(\.self) + [
                Step(name: "clone", expected: work.clone.expectedSeconds),
                Step(name: "start", expected: work.boot.seconds),
            ] + work.actions.map { Step(name: $0.id, expected: $0.expected.seconds) }
    }

    /// How many times longer it took than was expected; nothing until it is ready.
    public var ratio: Double? {
        guard let actual, expected > 0 else { return nil }
        return actual / expected
    }

    /// Takes over how long a machine took.
    ///
    /// - Parameters:
    ///   - actual: Seconds until it was ready.
    ///   - transfer: Seconds that its image took to come; nothing where it was there.
    ///   - clone: Seconds that its disk took.
    ///   - start: Seconds from the start of its domain to the guest's first report.
    ///   - actions: Its actions with their last runs.
    public mutating func take(
        actual: Double,
        transfer: Double? = nil,
        clone: Double,
        start: Double,
        actions: [ActionReport]
    ) {
        self.actual = actual
        let runs = actions.compactMap { report in report.seconds.map { (report.id, $0) } }
        let seconds = Dictionary(runs, uniquingKeysWith: { _, last in last })
        // The first ones are no actions, though an action may be called so.
        let first = steps.first?.name == "transfer" ? [transfer, clone, start] : [clone, start]
        for index in steps.indices {
            steps[index].actual = index < first.count ? first[index] : seconds[steps[index].name]
        }
    }
}

/// How well a plant's estimates were met, by the machines that it has made.
public struct EstimateAccuracy: Sendable, Hashable, Codable, CustomStringConvertible {
    /// How many machines that says.
    public var machines: Int
    /// Half of them took no longer than this many times the estimate.
    public var median: Double
    /// Nine of ten took no longer than this many times the estimate.
    public var ninetieth: Double

    /// What was learned of ratios of actual to expected seconds.
    public init(_ learned: LearnedDuration) {
        machines = learned.samples
        median = learned.median
        ninetieth = learned.ninetieth
    }

    /// For people.
    public var description: String {
        func text(_ value: Double) -> String { String((value * 100).rounded() / 100) }
        return "estimates of the last \(machines) machine\(machines == 1 ? "" : "s"): median actual/expected "
            + "\(text(median)), 9 of 10 within \(text(ninetieth))"
    }
}
