package import CostModel
package import DAGModel
package import ShopAPI

/// What the plants of a shop would bid, as far as they tell: by their bid functions, which the shop evaluates itself. A value:
/// time and chance come from outside.
///
/// What was just placed is debited at once, so that many requests in a row do not all go to the plant that was the cheapest a
/// moment ago; ties are broken at random for the same reason (RELIABILITY, protocol; PERFORMANCE, broker).
package struct Board: Sendable {
    /// A plant that would take a machine.
    package struct Offer: Sendable, Hashable {
        var url: String
        var plant: String
        var plan: BidPlan
        /// What the price depends on beside the plan.
        var load: PlantLoad
        var policy: CostPolicy
        /// The price with its reasons, which are words, so that who decides need not wait for them.
        var cost: Cost { policy.cost(of: plan.work, load: load) }
        /// What a creation names so that it has no effect when it arrives late; nothing from a plant that told none.
        var ticket: String?
        /// Whether what is known of it may be wrong: it was told a while ago, or other shops place machines there too.
        var isUnsure: Bool
    }

    /// What came of a look at the board.
    package struct Choice: Sendable {
        /// The cheapest, cheapest first.
        package var offers: [Offer] = []
        /// Some of those that do not take it, with every reason.
        var refusals: [Refusal] = []
    }

    /// So many of the cheapest are offered.
    package static let mostOffers = 8
    /// So many plants' reasons are told where others take the machine.
    static let mostRefusals = 100
    /// What was told longer ago may be wrong.
    static let fresh = Duration.seconds(2)
    /// What was told longer ago is not believed: the plant is silent.
    static let believed = Duration.seconds(5)

    /// In the order of the shop's list, and of joining; of those that have told nothing too, since copying one out of an optional
    /// place costs more than all the rest of a decision.
    private var listings: [Listing]
    private var places: [String: Int]
    /// The plants whose word counts, as of the last sweep.
    private var heard: Set<String> = []
    /// How often that changed: it is asked for at each request, and changes seldom.
    private(set) var hearings = 0
    private var profiles = Profiles()
    private var tables: [ScoreTable.Kind: ScoreTable] = [:]
    /// Which places changed, in order; the first is change `forgotten + 1`.
    private var log: [Int] = []
    private var forgotten = 0

    /// By then every plant has told again how it stands.
    static let renewal = Duration.milliseconds(1_200)
    /// Who fell silent is found so soon.
    private static let sweepInterval = Duration.milliseconds(250)
    private var nextSweep: ContinuousClock.Instant?

    private static let tablesKept = 32
    private static let changesKept = 65_536

    /// A board of plants that have told nothing yet, in the order of the shop's list.
    package init(_ urls: [String] = []) {
        listings = urls.map(Listing.init)
        places = Dictionary(urls.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    private var changes: Int { forgotten + log.count }

    /// The plants whose word counts now.
    mutating func plants(at now: ContinuousClock.Instant) -> Set<String> {
        sweep(at: now)
        return heard
    }

    /// Takes a plant's notice.
    ///
    /// - Returns: Why it is not believed; nothing when it is.
    package mutating func take(_ notice: BidNotice, from url: String, at now: ContinuousClock.Instant) -> String? {
        if let objection = notice.objection { return objection }
        let place = place(of: url)
        let known = listings[place]
        if !known.isHeard, notice.images == nil && notice.function.tellsImages || notice.durations == nil {
            return "its first notice does not say everything"
        }
        let profile = profile(notice, known)
        listings[place].take(notice.function, at: now)
        listings[place].profile = profile
        count(listings[place])
        note(place)
        return nil
    }

    /// Takes a plant's word that all is as it told last. Its prices are worked out anew only where the shop itself counted
    /// something that it need not count any more.
    ///
    /// - Parameters:
    ///   - ticket: The ticket that holds now.
    ///   - url: The plant.
    ///   - now: When.
    /// - Returns: Why it is not believed; nothing when it is.
    mutating func renew(_ ticket: String?, from url: String, at now: ContinuousClock.Instant) -> String? {
        guard BidNotice.isTicket(ticket) else { return "its ticket is too long" }
        guard let place = places[url], listings[place].isHeard else {
            return "its first notice does not say everything"
        }
        if listings[place].renew(ticket, at: now) { note(place) }
        count(listings[place])
        return nil
    }

    /// Whether a plant may have been given a machine in the last ``BidFunction/newestWindow``: not when all have just told, and none
    /// told of it.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - urls: The plants in question.
    ///   - now: When.
    /// - Returns: Whether it cannot be ruled out.
    func mayHold(_ id: MachineID, among urls: Set<String>, at now: ContinuousClock.Instant) -> Bool {
        guard heard.isSuperset(of: urls) else { return true }
        let text = id.text
        return listings.contains { $0.mayHold(text, at: now) }
    }

    /// A plant has stopped telling.
    mutating func remove(_ url: String) {
        guard let place = places[url], listings[place].isHeard else { return }
        if let profile = listings[place].profile { profiles.drop(profile) }
        listings[place] = Listing(url: url)
        forget(url)
        note(place)
    }
}

extension Board {
    /// Looks for the cheapest plants.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - digest: Its digest.
    ///   - policy: The policy to price by.
    ///   - left: Plants that are left out.
    ///   - salt: Drawn anew for each choice.
    ///   - most: How many are offered.
    ///   - now: When.
    /// - Returns: The cheapest, and some of those that do not take it.
    package mutating func choose(
        _ request: Request,
        _ digest: String,
        policy: CostPolicy,
        without left: Set<String> = [],
        salt: UInt64,
        most: Int = mostOffers,
        at now: ContinuousClock.Instant
    ) -> Choice {
        sweep(at: now)
        let plans = profiles.plans(for: request, digest)
        let domain = request.client.domain
        let prices = table(plans, policy, domain, now)
        let out = Set(left.compactMap { places[$0] })
        let cheapest = prices.cheapest(most, salt: salt, without: out)
        var choice = Choice(offers: cheapest.compactMap { offer(at: $0, plans, policy, domain, now) })
        choice.refusals = refusals(plans, prices, domain, most: choice.offers.isEmpty ? .max : Self.mostRefusals)
        return choice
    }

    /// Counts a machine at the plant that is told to make it.
    package mutating func debit(_ offer: Offer, for id: MachineID, domain: String, at now: ContinuousClock.Instant) {
        let debit = Listing.Debit(claim: offer.plan.claim, domain: domain, image: offer.plan.image, placed: now)
        change(offer.url) { $0.add(debit, for: id) }
    }

    /// The plant accepted the machine: its own count has it soon.
    mutating func accept(_ id: MachineID, at url: String, _ now: ContinuousClock.Instant) {
        guard let place = places[url] else { return }
        listings[place].accept(id, at: now)
    }

    /// The plant does not make the machine.
    mutating func credit(_ id: MachineID, at url: String) { change(url) { $0.remove(id) } }
}

extension Board {
    private mutating func place(of url: String) -> Int {
        if let place = places[url] { return place }
        places[url] = listings.count
        listings.append(Listing(url: url))
        return listings.count - 1
    }

    private mutating func profile(_ notice: BidNotice, _ known: Listing) -> Profiles.Number? {
        guard notice.images != nil || notice.durations != nil || !notice.function.tellsImages else {
            return known.profile
        }
        let parts = known.profile.flatMap { profiles.parts($0) }
        let (images, durations) = (notice.images ?? parts?.images, notice.durations ?? parts?.durations)
        var profile: Profiles.Number?
        if notice.function.tellsImages, let images { profile = profiles.use(images, durations ?? BidDurations()) }
        if let old = known.profile { profiles.drop(old) }
        return profile
    }

    private mutating func change(_ url: String, _ change: (inout Listing) -> Void) {
        guard let place = places[url], listings[place].isHeard else { return }
        change(&listings[place])
        note(place)
    }

    private mutating func count(_ listing: Listing) {
        if listing.profile == nil { forget(listing.url) } else if heard.insert(listing.url).inserted { hearings += 1 }
    }

    private mutating func forget(_ url: String) { if heard.remove(url) != nil { hearings += 1 } }

    private mutating func note(_ place: Int) {
        log.append(place)
        guard log.count > Self.changesKept else { return }
        forgotten += log.count / 2
        log.removeFirst(log.count / 2)
    }

    /// Finds the plants that have fallen silent.
    private mutating func sweep(at now: ContinuousClock.Instant) {
        guard now >= nextSweep ?? now else { return }
        nextSweep = now + Self.sweepInterval
        for place in listings.indices where listings[place].fallsSilent(at: now, after: Self.believed) {
            note(place)
            forget(listings[place].url)
        }
    }

    /// The prices of such a request, up to date.
    private mutating func table(
        _ plans: [Profiles.Number: Profiles.Plan],
        _ policy: CostPolicy,
        _ domain: String,
        _ now: ContinuousClock.Instant
    ) -> ScoreTable {
        let essences = plans.compactMapValues { try? $0.get() }.mapValues(ScoreTable.Essence.init)
        let kind = ScoreTable.Kind(policy: policy, domain: domain, plans: essences)
        // What depends on the time cannot be kept.
        let isTimeless = !policy.parts.contains { $0.component == .turn }
        var table = tables.removeValue(forKey: kind) ?? ScoreTable(count: listings.count, changes: forgotten - 1)
        if table.changes < forgotten || changes - table.changes > listings.count {
            for place in listings.indices { table.set(total(at: place, plans, policy, domain, now), at: place) }
        } else {
            for place in log[(table.changes - forgotten)...] {
                table.set(total(at: place, plans, policy, domain, now), at: place)
            }
        }
        table.changes = changes
        guard isTimeless else { return table }
        if tables.count >= Self.tablesKept, let other = tables.first?.key { tables[other] = nil }
        tables[kind] = table
        return table
    }

    private func total(
        at place: Int,
        _ plans: [Profiles.Number: Profiles.Plan],
        _ policy: CostPolicy,
        _ domain: String,
        _ now: ContinuousClock.Instant
    ) -> Double {
        guard let profile = listings[place].profile, case .success(let plan) = plans[profile] else { return .infinity }
        return listings[place].total(of: plan, policy, domain, at: now)
    }

    private func offer(
        at place: Int,
        _ plans: [Profiles.Number: Profiles.Plan],
        _ policy: CostPolicy,
        _ domain: String,
        _ now: ContinuousClock.Instant
    ) -> Offer? {
        guard let profile = listings[place].profile, case .success(let plan) = plans[profile] else { return nil }
        return listings[place].offer(of: plan, policy, domain, at: now)
    }

    private func refusals(
        _ plans: [Profiles.Number: Profiles.Plan],
        _ table: ScoreTable,
        _ domain: String,
        most: Int
    ) -> [Refusal] {
        var refusals: [Refusal] = []
        // Where none refuses, as mostly, not all prices are looked through for one.
        guard table.refusing > 0 else { return refusals }
        for (place, total) in table.totals.enumerated() where total == .infinity {
            guard refusals.count < most else { break }
            let listing = listings[place]
            guard let profile = listing.profile else { continue }
            switch plans[profile] {
            case .success(let plan):
                let reasons = listing.function.refusals(of: plan, domain: domain)
                refusals.append(Refusal(plant: listing.function.plant, reasons: reasons))
            case .failure(let refusal):
                let reasons = listing.function.refusals + refusal.reasons
                refusals.append(Refusal(plant: listing.function.plant, reasons: reasons))
            case nil: continue
            }
        }
        return refusals
    }
}
