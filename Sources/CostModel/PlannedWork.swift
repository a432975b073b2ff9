/// What a plan asks of a plant, as far as its price depends on it.
public struct PlannedWork: Sendable, Hashable, Codable {
    /// How the image gets to the plant; nothing when it is there.
    public var transfer: TransferWork?
    /// How the disk is made.
    public var clone: CloneWork
    /// From the start of the domain to the first heartbeat.
    public var boot: ExpectedDuration
    /// The actions left to do, in order.
    public var actions: [ActionWork]

    /// Seconds until the machine is expected to be ready.
    public var seconds: Double { steps.sum }

    /// The seconds of each kind of step.
    public var steps: WorkSeconds {
        WorkSeconds(
            transfer: transfer?.expectedSeconds ?? 0,
            clone: clone.expectedSeconds,
            boot: boot.seconds,
            actions: actions.reduce(0) { $0 + $1.expected.seconds }
        )
    }

    /// Describes a plan's work.
    public init(
        transfer: TransferWork? = nil,
        clone: CloneWork,
        boot: ExpectedDuration,
        actions: [ActionWork]
    ) {
        self.transfer = transfer
        self.clone = clone
        self.boot = boot
        self.actions = actions
    }
}

/// How long each kind of step is expected to take, in seconds.
public struct WorkSeconds: Sendable, Hashable {
    /// Until the image is there.
    public var transfer: Double
    /// Until the disk is made.
    public var clone: Double
    /// From the start to the first heartbeat.
    public var boot: Double
    /// All actions that are left.
    public var actions: Double

    /// All of it.
    public var sum: Double { transfer + clone + boot + actions }

    /// Seconds.
    public init(transfer: Double, clone: Double, boot: Double, actions: Double) {
        self.transfer = transfer
        self.clone = clone
        self.boot = boot
        self.actions = actions
    }
}

/// An action that is left to do and how long it is expected to take.
public struct ActionWork: Sendable, Hashable, Codable {
    /// The action's id in the request.
    public var id: String
    /// From earlier runs of the same key or operation, else a default.
    public var expected: ExpectedDuration

    /// An action with its expected duration.
    public init(id: String, expected: ExpectedDuration) {
        self.id = id
        self.expected = expected
    }
}

/// How the disk of a machine is made from the image's.
public enum CloneMethod: String, Sendable, Hashable, Codable {
    /// A qcow2 overlay on the image, which is only read: constant time, whatever the size.
    case overlay
    /// A file that shares the image's blocks until either is written to: constant time.
    case reflink
    /// A whole copy of the image.
    case copy
    /// None: a machine that stands ready has its disk already.
    case spare

    // Measured floors: a durable overlay header takes 0.3 ms, a filled copy 0.3 to 0.6 s a GiB.
    fileprivate var fixedSeconds: Double { self == .spare ? 0 : 0.001 }
    fileprivate var secondsPerByte: Double {
        switch self {
        case .overlay, .reflink, .spare: 0
        case .copy: 0.5 / Double(1 << 30)
        }
    }
}

/// A clone to be made.
public struct CloneWork: Sendable, Hashable, Codable {
    /// The way it is made.
    public var method: CloneMethod
    /// The image's bytes on disk.
    public var bytes: Int
    /// Why it is made in this way, for people.
    public var reason: String

    /// A clone of that many bytes.
    public init(method: CloneMethod, bytes: Int, reason: String = "") {
        self.method = method
        self.bytes = bytes
        self.reason = reason
    }

    /// Seconds the clone is expected to take.
    public var expectedSeconds: Double { method.fixedSeconds + method.secondsPerByte * Double(bytes) }
}
