public import CostModel

/// What a plant would charge for a request, and how it would go about it.
public struct Bid: Sendable, Hashable, Codable {
    /// Names this bid in the creation that takes it up.
    public var id: String
    /// The plant that bids.
    public var plant: String
    /// The price with its terms.
    public var cost: Cost
    /// What is priced.
    public var plan: PlanSummary
    /// Until when the plant stands by it.
    public var validUntil: Timestamp
    /// The shops that it came through, the outermost first, where a shop stands in another's list.
    public var via: [String]?
    /// Whether the plant keeps what is priced until then; plants of earlier versions say nothing of it.
    public var isReserved: Bool?

    /// Makes a bid.
    public init(id: String, plant: String, cost: Cost, plan: PlanSummary, validUntil: Timestamp) {
        self.id = id
        self.plant = plant
        self.cost = cost
        self.plan = plan
        self.validUntil = validUntil
    }
}

/// A plan as it is shown: image, clone method, actions reused and left.
public struct PlanSummary: Sendable, Hashable, Codable {
    /// The image that is cloned.
    public var image: String
    /// How its disk is cloned.
    public var clone: CloneMethod
    /// Ids of the actions that the image already holds.
    public var reused: [String]
    /// Ids of the actions that are left, in order.
    public var left: [String]
    /// How long everything that is to be done is expected to take.
    public var work: PlannedWork
    /// Why images that would have been better are not used, each a sentence.
    public var passedOver: [String]
    /// How well the plant's estimates were met so far; nothing before its first machine.
    public var accuracy: EstimateAccuracy?

    /// Makes a summary.
    public init(
        image: String,
        reused: [String],
        work: PlannedWork,
        passedOver: [String] = [],
        accuracy: EstimateAccuracy? = nil
    ) {
        self.image = image
        self.clone = work.clone.method
        self.reused = reused
        self.left = work.actions.map(\.id)
        self.work = work
        self.passedOver = passedOver
        self.accuracy = accuracy
    }
}

/// Why a plant does not bid: every reason, not the first.
public struct Refusal: Sendable, Hashable, Codable {
    /// The plant.
    public var plant: String
    /// Its reasons, each a sentence.
    public var reasons: [String]

    /// Makes a refusal.
    public init(plant: String, reasons: [String]) {
        self.plant = plant
        self.reasons = reasons
    }
}

/// The answer to "what would this machine cost?".
public struct Estimate: Sendable, Hashable, Codable {
    /// The digest of the canonical request.
    public var requestDigest: String
    /// The bids, the one that would be taken first.
    public var bids: [Bid]
    /// Who does not bid, and why.
    public var refusals: [Refusal]
    /// What is supposed that is not so; nothing where the bids are real.
    public var supposed: [Supposition]?

    /// Makes an answer.
    public init(requestDigest: String, bids: [Bid], refusals: [Refusal], supposed: [Supposition]? = nil) {
        self.requestDigest = requestDigest
        self.bids = bids
        self.refusals = refusals
        self.supposed = supposed
    }
}
