public import ClassAds
public import DAGModel

/// A machine as its service knows it.
public struct Machine: Sendable, Hashable, Codable {
    /// Its identity.
    public var id: MachineID
    /// The name of its request, else its id.
    public var name: String
    /// What it is doing.
    public var state: MachineState
    /// The plant that has it, once one was chosen.
    public var plant: String?
    /// The client domain it belongs to.
    public var domain: String
    /// The user it was made for.
    public var owner: String?
    /// The image it was cloned from.
    public var image: String?
    /// Its address on the host-only network.
    public var address: String?
    /// The digest of the canonical request it was made from.
    public var requestDigest: String
    /// When it was asked for.
    public var created: Timestamp
    /// When it became ready.
    public var ready: Timestamp?
    /// When its lease ends, if it has one.
    public var leaseUntil: Timestamp?
    /// What queries see: the standard attributes and what its actions published.
    public var attributes: Attributes
    /// Its actions in the order they are carried out.
    public var actions: [ActionReport]
    /// How long it was expected to take until it was ready, and how long it took, once a plant has planned it.
    public var timing: MachineTiming?
    /// Why it failed, if it did, or why its last configuration did.
    public var error: ServiceError?

    /// Makes a record of a machine.
    public init(
        id: MachineID,
        name: String,
        state: MachineState,
        plant: String? = nil,
        domain: String,
        owner: String? = nil,
        image: String? = nil,
        address: String? = nil,
        requestDigest: String,
        created: Timestamp,
        ready: Timestamp? = nil,
        leaseUntil: Timestamp? = nil,
        attributes: Attributes = Attributes(),
        actions: [ActionReport] = [],
        timing: MachineTiming? = nil,
        error: ServiceError? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.plant = plant
        self.domain = domain
        self.owner = owner
        self.image = image
        self.address = address
        self.requestDigest = requestDigest
        self.created = created
        self.ready = ready
        self.leaseUntil = leaseUntil
        self.attributes = attributes
        self.actions = actions
        self.timing = timing
        self.error = error
    }
}

/// What became of one action.
public struct ActionReport: Sendable, Hashable, Codable {
    /// How far an action is.
    public enum Status: String, Sendable, Hashable, Codable {
        /// The image had it already.
        case reused
        /// It waits for its turn.
        case pending
        /// It runs.
        case running
        /// It succeeded.
        case done
        /// It failed, and with it the graph.
        case failed
        /// It failed, and its policy says to go on.
        case continued
        /// It failed, and its recovery graph succeeded.
        case recovered
    }

    /// The action's id in the request.
    public var id: String
    /// Its content key.
    public var key: ActionKey
    /// `script`, or the name of the operation.
    public var operation: String
    /// Where it runs.
    public var site: Action.Site
    /// How far it is.
    public var status: Status
    /// Exit code of its last run: 0 to 255; 128 + signal when a signal ended it.
    public var exitCode: Int?
    /// Whether its last run was ended by its time limit.
    public var timedOut: Bool?
    /// Seconds its last run took.
    public var seconds: Double?
    /// How often it was run.
    public var attempts: Int
    /// The end of its output (standard output, then standard error), at most 4 KiB.
    public var output: String?
    /// What it published.
    public var outputs: Attributes
    /// Processor seconds and memory it used in the guest, as far as the guest said.
    public var usage: [String: Double]?

    /// The report of an action that has not run.
    public init(_ action: Action, status: Status = .pending) {
        id = action.id
        key = action.key
        operation = action.operation.name
        site = action.site
        self.status = status
        attempts = 0
        outputs = Attributes()
    }
}
