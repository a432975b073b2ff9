/// How long something will take, and why that is believed.
public struct ExpectedDuration: Sendable, Hashable, Codable {
    /// In seconds; half of the times it takes no longer.
    public var seconds: Double
    /// In seconds; nine of ten times it takes no longer. Nothing where it was never seen.
    public var ninetieth: Double?
    /// Where the figures come from, for people.
    public var basis: String

    /// What earlier runs of `subject` have taught.
    public init(_ learned: LearnedDuration, of subject: String) {
        self.seconds = learned.median
        self.ninetieth = learned.ninetieth
        self.basis = "\(learned.samples) run\(learned.samples == 1 ? "" : "s") of \(subject)"
    }

    /// What somebody else has learned.
    public init(seconds: Double, basis: String) {
        self.seconds = seconds
        self.basis = basis
    }

    /// What is assumed of something that was never seen.
    public init(assumed seconds: Double) {
        self.seconds = seconds
        self.basis = "assumed, never seen here"
    }
}
