public import DAGModel

/// What a plant says of one image for one request: whether a machine could be made of it, and what stops it if not.
public struct ImageVerdict: Sendable, Hashable, Codable {
    /// The plant that says so.
    public var plant: String
    /// The image.
    public var image: String
    /// Whether the plant would take it.
    public var isChosen: Bool
    /// Why it would not, each a sentence: what is wrong with it, or which image is better.
    public var reasons: [String]
    /// How each step that made the image stands with the request, in the order in which they were done.
    public var steps: [HistoryExplanation.Step]

    /// A verdict.
    public init(
        plant: String,
        image: String,
        isChosen: Bool,
        reasons: [String],
        steps: [HistoryExplanation.Step]
    ) {
        self.plant = plant
        self.image = image
        self.isChosen = isChosen
        self.reasons = reasons
        self.steps = steps
    }
}

/// What the plants of a service say of an image.
public struct ImageVerdicts: Sendable, Hashable, Codable {
    /// Those that answered, in the order of the service's list.
    public var verdicts: [ImageVerdict]
    /// Those that did not, and why.
    public var refusals: [Refusal]

    /// An answer.
    public init(verdicts: [ImageVerdict], refusals: [Refusal] = []) {
        self.verdicts = verdicts
        self.refusals = refusals
    }
}
