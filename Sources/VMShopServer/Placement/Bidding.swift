import CostModel
import DAGModel
import ShopAPI

/// Comes to the bids for a request: by asking every plant, or by evaluating what plants told of themselves and asking those
/// only that told nothing.
struct Bidding: Sendable {
    let shop: ShopParts
    let request: Request
    let document: [UInt8]
    let digest: String
    let policy: CostPolicy

    /// A round of bids.
    ///
    /// - Parameters:
    ///   - id: The machine that they are for; nothing where nothing is to be placed.
    ///   - left: Plants that are left out, where they need not be asked.
    ///   - isPatient: Whether plants are heard once more where none takes the request: what was told is a moment old, and a
    ///     machine may have gone since.
    /// - Returns: The round.
    func round(for id: MachineID?, without left: Set<String> = [], isPatient: Bool = true) async -> Round {
        guard let untold = await untold() else { return await asked(shop.plants.urls) }
        let (choice, all) = await evaluated(for: id, without: left, untold)
        var round = all
        if isPatient, round.offers.isEmpty, (try? await ServiceTime.sleep(for: Board.renewal)) != nil {
            return await self.round(for: id, without: left, isPatient: false)
        }
        guard let id, let first = choice.offers.first else { return round }
        if choice.offers.contains(where: \.isUnsure) { await probe(&round) }
        if round.offers.first?.url != first.url { await shop.board.credit(id, at: first.url) }
        return round
    }

    /// A round for which nobody need be asked: all plants told how they stand, and what they told is sure. Nothing where that is not so.
    func knownRound(for id: MachineID) async -> Round? {
        guard let untold = await untold(), untold.isEmpty else { return nil }
        let (choice, round) = await evaluated(for: id, without: [], [])
        guard let first = choice.offers.first else { return nil }
        if choice.offers.contains(where: \.isUnsure) {
            await shop.board.credit(id, at: first.url)
            return nil
        }
        return round
    }

    /// Bids without a deed: what every plant would bid, as far as the shop can tell.
    func estimate() async -> Round { await round(for: nil, isPatient: false) }

    /// What is known of those that told how they stand, and what the others say.
    private func evaluated(
        for id: MachineID?,
        without left: Set<String>,
        _ untold: [String]
    ) async -> (Board.Choice, Round) {
        async let rest = untold.isEmpty ? Round([], for: digest, policy: policy) : asked(untold)
        // Who is asked is not evaluated too, though he may have told something by now.
        let choice = await shop.board.choose(request, digest, policy: policy, without: left.union(untold), for: id)
        return (choice, Round(choice, digest, adding: await rest))
    }

    /// The plants that are asked, since they told nothing; nothing where all are, because none told anything or there are few.
    private func untold() async -> [String]? {
        let count = shop.plants.urls.count
        guard shop.settings.listens(to: count) else { return nil }
        let untold = await shop.board.untold(of: shop.plants.list)
        return untold.count < count ? untold : nil
    }

    private func asked(_ urls: [String]) async -> Round {
        await shop.plants.ask(document, digest, policy: policy, at: urls)
    }

    /// What costs no more than this many times as much as the cheapest is as good, as long as nobody was asked.
    private static let margin = 1.1

    /// Asks two of the cheapest, drawn at random of those that cost nearly the same, and has the cheaper one go first. Where
    /// several shops place at the same plants, or something was told a while ago, the one that seems the cheapest is the one that
    /// all others choose too.
    private func probe(_ round: inout Round) async {
        let best = round.offers.prefix(Board.mostOffers)
        guard best.count > 1 else { return }
        let most = best[0].bid.cost.total * Self.margin
        let cheapest = best.prefix(max(2, best.count { $0.bid.cost.total <= most }))
        let drawn = await shop.board.draw(twoOf: cheapest.count).map { cheapest[$0] }
        let answers = await asked(drawn.map(\.url))
        let rest = round.offers.filter { offer in !drawn.contains { $0.url == offer.url } }
        // Who was asked and does not bid is not told to make it.
        round.offers =
            answers.offers.map { answer in
                var offer = answer
                offer.evaluated = drawn.first { $0.url == answer.url }?.evaluated
                return offer
            } + rest
        round.refusals += answers.refusals
        round.way = .probed
    }
}

extension Round {
    /// A round of what plants told of themselves, and of the bids of those that had to be asked.
    init(_ choice: Board.Choice, _ digest: String, adding asked: Round) {
        let evaluated = choice.offers.map { offer in
            let plan = PlanSummary(image: offer.plan.image, reused: offer.plan.reused, work: offer.plan.work)
            let end = Timestamp.now.advanced(by: Board.believed)
            let bid = Bid(id: offer.ticket ?? "", plant: offer.plant, cost: offer.cost, plan: plan, validUntil: end)
            return Offer(url: offer.url, bid: bid, evaluated: offer)
        }
        // The order of those that cost the same was drawn already.
        offers = Ranking.order(evaluated + asked.offers, by: \.bid.cost)
        refusals = choice.refusals + asked.refusals
        way = .told
    }
}
