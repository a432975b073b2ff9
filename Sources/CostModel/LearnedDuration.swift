/// How long something took once.
public struct DurationSample: Sendable, Hashable {
    /// Seconds that it took.
    public var seconds: Double
    /// Seconds ago.
    public var age: Double

    /// A sample; one from the future, as after a clock was set back, is one of now.
    public init(seconds: Double, age: Double) {
        self.seconds = seconds
        self.age = max(0, age)
    }
}

/// How long something is expected to take, learned from how long it took.
public struct LearnedDuration: Sendable, Hashable, Codable {
    /// In seconds: half of the times it takes no longer.
    public var median: Double
    /// In seconds: nine of ten times it takes no longer.
    public var ninetieth: Double
    /// How many times it was seen.
    public var samples: Int
    /// How many times it was seen lately: a time long ago counts less than one.
    public var weight: Double

    /// A sample counts half after that many seconds: 30 days. What a host could do a year ago says little.
    public static let halfLife = 30.0 * 86_400

    /// Learns from samples, of which older ones count less; nil without any.
    public init?(_ samples: [DurationSample]) {
        let weighted = samples.filter { $0.seconds.isFinite && $0.seconds >= 0 }
            .map { (seconds: $0.seconds, weight: Self.weight(ofAge: $0.age)) }
            .sorted { $0.seconds < $1.seconds }
        guard !weighted.isEmpty else { return nil }
        self.median = Self.quantile(0.5, of: weighted)
        self.ninetieth = Self.quantile(0.9, of: weighted)
        self.samples = weighted.count
        self.weight = weighted.reduce(0) { $0 + $1.weight }
    }

    /// One half for each half-life gone by. Never 0, so that old samples alone still say something.
    private static func weight(ofAge age: Double) -> Double {
        let halvings = min(age / self.halfLife, 60)
        let whole = halvings.rounded(.down)
        // Between two halvings the weight falls in a straight line, which is near enough.
        let fraction = 1 - (halvings - whole) / 2
        return (0..<Int(whole)).reduce(fraction) { weight, _ in weight / 2 }
    }

    /// The least value at which that part of the weight is reached.
    private static func quantile(_ part: Double, of sorted: [(seconds: Double, weight: Double)]) -> Double {
        // A trifle less, so that samples of nearly one age count as of one.
        let target = (part - 1e-6) * sorted.reduce(0) { $0 + $1.weight }
        var sum = 0.0
        for sample in sorted {
            sum += sample.weight
            if sum >= target { return sample.seconds }
        }
        return sorted.last?.seconds ?? 0
    }
}
