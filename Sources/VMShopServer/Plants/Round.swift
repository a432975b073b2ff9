import CostModel
import ShopAPI

/// What one round of asking brought: the bids in the order in which they are tried, and who does not bid.
struct Round: Sendable {
    /// A bid and whose it is.
    struct Offer: Sendable, Hashable {
        var url: String
        var bid: Bid
    }

    var offers: [Offer]
    var refusals: [Refusal]

    /// Ranks what the plants said, in the order of the shop's list.
    init(_ answers: [PlantAnswer]) {
        var offers: [Offer] = []
        var refusals: [Refusal] = []
        for answer in answers {
            switch answer.result {
            case .success(let estimate):
                refusals += estimate.refusals
                guard let bid = estimate.bids.first else { continue }
                if bid.cost.isSane {
                    offers.append(Offer(url: answer.url, bid: bid))
                } else {
                    refusals.append(Refusal(plant: bid.plant, reasons: ["its bid cannot be true: the figures do not add up"]))
                }
            case .failure(let error):
                refusals.append(Refusal(plant: answer.url, reasons: [error.message]))
            }
        }
        self.offers = Ranking.order(offers, by: \.bid.cost)
        self.refusals = refusals
    }

    /// The round as an answer to a client.
    func estimate(_ digest: String) -> Estimate {
        Estimate(requestDigest: digest, bids: offers.map(\.bid), refusals: refusals)
    }
}

/// What one plant said, or why it said nothing.
struct PlantAnswer: Sendable {
    var url: String
    var result: Result<Estimate, ServiceError>
}
