public import CostModel

/// What is simulated.
public struct SimulationOptions: Sendable, Hashable {
    /// What chance is drawn from.
    public var seed = 1
    /// How many plants there are.
    public var plants = 100
    /// How many shops place machines at them.
    public var shops = 1
    /// How many machines are asked for.
    public var requests = 1_000
    /// How many clients ask at the same time, each for the next machine when a plant has the one before.
    public var clients = 8
    /// Whether all machines are asked for together, as one gang.
    public var isGang = false
    /// How many client domains they belong to.
    public var domains = 4
    /// Machines that a plant has room for.
    public var room = 50
    /// The policy that the shops price by.
    public var policy = CostPolicy.vmplants2004
    /// How the shops come to their bids: `auto`, `live` or `told`.
    public var bids = "told"
    /// Seconds until a plant answers a call.
    public var answer = 0.0
    /// Seconds that a plant takes to make a machine; each takes between half and one and a half of it.
    public var making = 0.2
    /// The part of creations that fail.
    public var failing = 0.0
    /// The part of creations that a plant refuses though it has room.
    public var refusing = 0.0
    /// The part of plants that never answer.
    public var silent = 0.0

    /// A hundred plants, a thousand requests, no faults.
    public init() {}
}
