/// What a guest says became of a job. All of it is the guest's word.
public struct JobOutcome: Sendable, Hashable, Codable {
    /// How a script ended.
    public enum Ending: Sendable, Hashable, Codable {
        /// By itself, with this status.
        case exit(Int)
        /// By a signal.
        case signal(Int)
    }

    /// How the script ended.
    public var ending: Ending
    /// Whether the guest's runner ended it, because its time was over.
    public var isTimeout: Bool
    /// When it started by the guest's clock, in seconds since 1970.
    public var started: Double
    /// When it ended by the guest's clock.
    public var finished: Double
    /// The first bytes of its output.
    public var output: [UInt8]
    /// The first bytes of its errors.
    public var errors: [UInt8]
    /// Whether output or errors were longer than the plant reads.
    public var isCut: Bool
    /// The attributes that it published: names are `[A-Za-z_][A-Za-z0-9_]{0,63}`, values UTF-8 without control
    /// characters. Of a name given twice, the last value.
    public var attributes: [String: String]
    /// How many lines of the attributes were not like that, and were passed over.
    public var badAttributeLines: Int
    /// Measures by name: `user_seconds`, `system_seconds`, `elapsed_seconds`, `max_rss_kib`. Finite and not negative.
    public var usage: [String: Double]

    /// Makes an outcome; the share does.
    public init(
        ending: Ending,
        isTimeout: Bool,
        started: Double,
        finished: Double,
        output: [UInt8],
        errors: [UInt8],
        isCut: Bool,
        attributes: [String: String],
        badAttributeLines: Int,
        usage: [String: Double]
    ) {
        self.ending = ending
        self.isTimeout = isTimeout
        self.started = started
        self.finished = finished
        self.output = output
        self.errors = errors
        self.isCut = isCut
        self.attributes = attributes
        self.badAttributeLines = badAttributeLines
        self.usage = usage
    }

    /// Whether the script ended by itself with status 0, in time.
    public var isSuccess: Bool { ending == .exit(0) && !isTimeout }
}
