/// Something that happened on the way of a machine. Events are kept and numbered, so that a reader who lost its
/// connection goes on where it stopped.
public struct MachineEvent: Sendable, Hashable, Codable {
    /// What happened.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// A plant made a bid.
        case bid
        /// A plant refused to bid, or did not answer.
        case refusal
        /// A plant was chosen.
        case chosen
        /// A plant that had been chosen failed; the next bid is used.
        case passedOver = "passed-over"
        /// A step of the plant began or ended: an address, a disk, an export, a domain.
        case step
        /// The guest reported for the first time.
        case booted
        /// An action began.
        case actionStarted = "action-started"
        /// An action ended, one way or another.
        case actionFinished = "action-finished"
        /// The state of the machine changed.
        case state
    }

    /// Its number, from 1, without gaps in one machine.
    public var sequence: Int
    /// When it happened.
    public var time: Timestamp
    /// What it was.
    public var kind: Kind
    /// What happened, in words.
    public var message: String
    /// The action it is about.
    public var action: String?
    /// The state the machine is in from now on, for events of kind `state`.
    public var state: MachineState?

    /// Makes an event.
    public init(
        sequence: Int = 0,
        time: Timestamp = .now,
        kind: Kind,
        message: String,
        action: String? = nil,
        state: MachineState? = nil
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.message = message
        self.action = action
        self.state = state
    }
}

extension MachineEvent {
    /// The event that a machine is in a new state; a failure says why.
    public static func state(of machine: Machine) -> MachineEvent {
        let reason = machine.state == .failed ? machine.error.map { ": " + $0.message } ?? "" : ""
        return MachineEvent(kind: .state, message: machine.state.rawValue + reason, state: machine.state)
    }
}

/// Events after a given one, and how the machine stands.
public struct EventPage: Sendable, Hashable, Codable {
    /// No page has more events.
    public static let most = 1_000

    /// The events, oldest first.
    public var events: [MachineEvent]
    /// The machine's state when the page was made.
    public var state: MachineState
    /// The machine, as it was then or a moment later, where it was asked for.
    public var machine: Machine?
    /// The event after which these are all up to the last of them, where nobody asked for those after a certain one.
    public var after: Int?

    /// Makes a page.
    public init(events: [MachineEvent], state: MachineState, machine: Machine? = nil, after: Int? = nil) {
        self.events = events
        self.state = state
        self.machine = machine
        self.after = after
    }
}
