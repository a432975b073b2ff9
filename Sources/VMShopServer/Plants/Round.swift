import CostModel
import ShopAPI

/// What one round of asking brought: the bids in the order in which they are tried, and who does not bid.
struct Round: Sendable {
    /// A bid and whose it is.
    struct Offer: Sendable, Hashable {
        var url: String
        var bid: Bid
        /// What the bid was made of where the plant was not asked; then it has no number that the plant knows.
        var evaluated: Board.Offer?
    }

    var offers: [Offer]
    var refusals: [Refusal]
    /// How the bids came about.
    var way = PlacementRound.Way.asked

    /// Ranks what the plants said, in the order of the shop's list.
    ///
    /// - Parameters:
    ///   - answers: What they said.
    ///   - digest: The digest of the request that they were asked about.
    ///   - policy: The policy they were asked to price by; prices of another do not compare.
    init(_ answers: [PlantAnswer], for digest: String, policy: CostPolicy) {
        var offers: [Offer] = []
        var refusals: [Refusal] = []
        for answer in answers {
            switch answer.result {
            case .success(let estimate):
                refusals += estimate.refusals
                guard let bid = estimate.bids.first else { continue }
                let isOther = estimate.requestDigest != digest ? "its bid is for another request" : nil
                if let objection = isOther ?? bid.objection(askedFor: policy) {
                    refusals.append(Refusal(plant: bid.plant, reasons: [objection]))
                } else {
                    offers.append(Offer(url: answer.url, bid: bid))
                }
            case .failure(let error):
                refusals.append(Refusal(plant: answer.name, reasons: [error.message]))
            }
        }
        self.offers = Ranking.order(offers, by: \.bid.cost)
        self.refusals = refusals
    }

    /// A round in which the plant that keeps a place is the only one that is asked.
    init(kept place: KeptPlaces.Place) {
        offers = [Offer(url: place.url, bid: place.bid)]
        refusals = []
        way = .kept
    }

    /// The round as an answer of a shop to a client.
    func estimate(_ digest: String, by shop: String) -> Estimate {
        let bids = offers.map { offer in
            var bid = offer.bid
            bid.via = [shop] + (bid.via ?? [])
            return bid
        }
        return Estimate(requestDigest: digest, bids: bids, refusals: refusals)
    }
}

/// What one plant said, or why it said nothing.
struct PlantAnswer: Sendable {
    var url: String
    /// What it calls itself, else its URL.
    var name: String
    var result: Result<Estimate, ServiceError>
}

extension Bid {
    /// More than this, points or seconds, no machine costs.
    private static let highestTotal = 1e9

    /// Why a bid is not believed, `nil` when it is.
    func objection(askedFor policy: CostPolicy) -> String? {
        guard cost.isSane, cost.total <= Self.highestTotal else {
            return "its bid cannot be true: the figures do not add up"
        }
        guard cost.policy == policy else {
            return
                "it bids by policy \(cost.policy.rawValue), asked for was \(policy.rawValue): the prices do not compare"
        }
        return nil
    }
}

extension Round {
    /// More bids of one round are not told one by one: a machine's story is for people, and ``PlacementReport`` has them all.
    static let mostBids = 4
    /// The same for refusals, which are an event each.
    static let mostRefusals = 16

    /// What a machine's story tells of the round.
    var events: [MachineEvent] { bidEvent + refusalEvents }

    private var bidEvent: [MachineEvent] {
        guard let first = offers.first?.bid else { return [] }
        let others = offers.dropFirst().prefix(Self.mostBids - 1).map(\.bid)
        let told =
            ["\(first.plant) bids \(first.cost.total.formatted)"]
            + others.map { "\($0.plant) \($0.cost.total.formatted)" }
        let message = told.joined(separator: ", ") + Self.rest(offers.count - Self.mostBids, "; ", "bid too")
        return [MachineEvent(kind: .bid, message: message)]
    }

    private var refusalEvents: [MachineEvent] {
        let told = refusals.prefix(Self.mostRefusals).map {
            "\($0.plant) does not bid: " + $0.reasons.joined(separator: "; ")
        }
        let rest = Self.rest(refusals.count - Self.mostRefusals, "", "do not bid either")
        return (told + [rest]).filter { !$0.isEmpty }.map { MachineEvent(kind: .refusal, message: $0) }
    }

    private static func rest(_ count: Int, _ separator: String, _ verb: String) -> String {
        count > 0 ? separator + "\(count) other plants \(verb) (`vmshop explain` names them)" : ""
    }
}
