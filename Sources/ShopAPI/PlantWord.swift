public import CostModel

/// What a plant sends to a shop that listens to it: what it would bid, and how the machines get on that it makes.
public struct PlantWord: Sendable, Hashable {
    /// What it would bid from now on; nothing where it was said a moment ago.
    public var bid: BidWord?
    /// The machines that something happened to, each with what happened since it was told of last; only for who asked for it, and then
    /// in every word.
    public var progress: [EventPage]?

    /// Makes a word.
    public init(bid: BidWord?, progress: [EventPage]? = nil) {
        self.bid = bid
        self.progress = progress
    }
}

/// On the wire it is the bid with `progress` beside, or `{"isBid":false,"progress":[…]}`, which who did not ask for progress never
/// gets.
extension PlantWord: Codable {
    private enum CodingKeys: String, CodingKey { case progress, isBid }

    /// Reads a word.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        progress = try container.decodeIfPresent([EventPage].self, forKey: .progress)
        let isBid = try container.decodeIfPresent(Bool.self, forKey: .isBid) ?? true
        bid = isBid ? try BidWord(from: decoder) : nil
    }

    /// Writes a word.
    public func encode(to encoder: any Encoder) throws {
        try bid?.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(progress, forKey: .progress)
        if bid == nil { try container.encode(false, forKey: .isBid) }
    }
}
