/// What to do when an action fails: first try again, if so asked; then resolve.
public struct ErrorPolicy: Sendable, Hashable, Codable {
    /// Further attempts; nil for none.
    public var retry: Retry?
    /// What follows when they are used up.
    public var then: Resolution

    /// Creates a policy; the default aborts at the first failure.
    public init(retry: Retry? = nil, then: Resolution = .abort) {
        self.retry = retry
        self.then = then
    }
}

/// How often and when to try a failed action again.
public struct Retry: Sendable, Hashable, Codable {
    /// Attempts after the first: 1 to 10.
    public var times: Int
    /// The pause before the first of them.
    public var delay: Duration
    /// What each pause is longer than the one before it, as a factor of at least 1.
    public var backoff: Double

    /// Creates a rule for retries.
    public init(times: Int, delay: Duration = .seconds(1), backoff: Double = 1) {
        self.times = times
        self.delay = delay
        self.backoff = backoff
    }

    /// The longest pause that delay and back-off may grow to: one day.
    public static let longestPause = Duration.seconds(86_400)

    /// The pause before the n-th further attempt, counted from 1; never more than ``longestPause``.
    public func pause(before attempt: Int) -> Duration {
        var pause = min(self.delay, Self.longestPause)
        for _ in 1..<max(1, min(attempt, 100)) {
            // Both factors are bounded, so the product is far from overflow.
            pause = min(pause * min(max(1, self.backoff), 100), Self.longestPause)
        }
        return pause
    }
}

/// How the failure of an action ends.
public indirect enum Resolution: Sendable, Hashable, Codable {
    /// The machine is destroyed and the failure reported.
    case abort
    /// The failure is noted, and what follows goes on.
    case `continue`
    /// These actions run; if they succeed, what follows goes on.
    case recover(Graph)
}
