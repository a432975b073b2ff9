public import CostModel

/// How a machine came to its plant: each round of bids, and what came of those that were taken up.
public struct PlacementReport: Sendable, Hashable, Codable {
    /// The machine.
    public var machine: MachineID
    /// The policy it was placed by; nothing where this service did not place it.
    public var policy: CostPolicy?
    /// The plant it is at, if any.
    public var plant: String?
    /// The rounds, in order.
    public var rounds: [PlacementRound]

    /// Makes a report.
    public init(machine: MachineID, policy: CostPolicy?, plant: String?, rounds: [PlacementRound]) {
        self.machine = machine
        self.policy = policy
        self.plant = plant
        self.rounds = rounds
    }
}

/// A round of bids for a machine.
public struct PlacementRound: Sendable, Hashable, Codable {
    /// How the bids came about.
    public enum Way: String, Sendable, Hashable, Codable {
        /// All plants of the shop were asked.
        case asked
        /// A place was kept at one plant; no other was asked.
        case kept
        /// The shop evaluated what the plants had told of themselves. The cheapest are kept, and some that did not bid.
        case told
        /// The same, and two of the cheapest were asked.
        case probed
    }

    /// A bid, as far as it is kept.
    public struct Offer: Sendable, Hashable, Codable {
        /// Whose it is.
        public var plant: String
        /// The price with its terms.
        public var cost: Cost
        /// The image that would be cloned.
        public var image: String
        /// Seconds until the machine would be ready.
        public var seconds: Double

        init(_ bid: Bid) {
            plant = bid.plant
            cost = bid.cost
            image = bid.plan.image
            seconds = bid.plan.work.seconds
        }
    }

    /// A bid that was taken up.
    public struct Attempt: Sendable, Hashable, Codable {
        /// Who was told to make the machine.
        public var plant: String
        /// When.
        public var time: Timestamp
        /// Why it did not; nothing as long as it is at it, and when it did.
        public var failure: String?
        /// Whether the machine is ready there.
        public var isDone: Bool

        /// A bid that was just taken up.
        public init(plant: String, time: Timestamp) {
            self.plant = plant
            self.time = time
            isDone = false
        }
    }

    /// Its number, from 1.
    public var number: Int
    /// When the bids were there.
    public var time: Timestamp
    /// How they came about.
    public var way: Way
    /// The bids, in the order in which they are tried.
    public var offers: [Offer]
    /// Who does not bid, with every reason.
    public var refusals: [Refusal]
    /// The bids that were taken up, in order.
    public var attempts: [Attempt]

    /// Makes a round in which nobody was told anything yet.
    public init(number: Int, time: Timestamp, way: Way, bids: [Bid], refusals: [Refusal]) {
        self.number = number
        self.time = time
        self.way = way
        offers = bids.map(Offer.init)
        self.refusals = refusals
        attempts = []
    }
}
