/// What a machine is doing. The transitions are written here, once; nothing else decides them.
public enum MachineState: String, Sendable, Hashable, Codable, CaseIterable {
    /// A shop is choosing a plant.
    case placing
    /// A plant makes it.
    case creating
    /// It runs, and a further graph is being applied.
    case configuring
    /// It runs and everything asked for is done.
    case ready
    /// Its creation failed; what had been made was undone.
    case failed
    /// It is there, but its domain is not running.
    case stopped
    /// Its plant no longer has it.
    case lost
    /// It is being destroyed.
    case collecting
    /// It is gone. The record stays as a tombstone, so that a late creation of the same id is refused.
    case collected

    /// The states that may follow this one.
    public var successors: Set<MachineState> {
        switch self {
        case .placing: [.creating, .failed, .collecting]
        case .creating: [.ready, .failed, .collecting]
        case .configuring: [.ready, .stopped, .lost, .collecting]
        case .ready: [.configuring, .stopped, .lost, .collecting]
        case .stopped: [.ready, .lost, .collecting]
        case .failed, .lost: [.collecting]
        case .collecting: [.collected]
        case .collected: []
        }
    }

    /// Whether nothing is under way.
    public var isResting: Bool {
        switch self {
        case .ready, .failed, .stopped, .lost, .collected: true
        case .placing, .creating, .configuring, .collecting: false
        }
    }

    /// Whether the machine holds resources of a plant, or is about to.
    public var holdsResources: Bool {
        switch self {
        case .creating, .configuring, .ready, .stopped, .lost, .collecting: true
        case .placing, .failed, .collected: false
        }
    }
}
