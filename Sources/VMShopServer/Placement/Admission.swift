import ShopAPI

/// Who may have machines placed now. Pure: it counts, and decides by its counts.
///
/// A shop takes on so many placements at a time; over the limit it says so at once instead of becoming slow for all. As it fills
/// up, no client domain gets more than its even share, so that one that asks for thousands leaves room for the others.
struct Admission: Sendable, Hashable {
    /// The most placements under way.
    let limit: Int
    /// What the shop is doing, for those who are refused.
    let what: String
    private(set) var total = 0
    private var ofDomain: [String: Int] = [:]

    /// Nothing is under way yet.
    init(limit: Int, what: String = "placing") { (self.limit, self.what) = (limit, what) }

    /// Takes on a placement, if there is room for one of the domain.
    ///
    /// - Returns: Why there is not; nothing when it is taken on.
    mutating func enter(_ domain: String) -> String? {
        guard total < limit else { return "the shop is \(what) \(total) machines, as many as it takes on at a time" }
        let own = ofDomain[domain] ?? 0
        let domains = ofDomain.count + (own == 0 ? 1 : 0)
        let share = max(1, limit / domains)
        guard total < limit / 4 * 3 || own < share else {
            return "the shop is \(what) \(own) machines of domain \(domain), its share while others wait"
        }
        count(domain)
        return nil
    }

    /// Counts a placement that was taken on before: after a restart it goes on in any case.
    mutating func count(_ domain: String) {
        total += 1
        ofDomain[domain, default: 0] += 1
    }

    /// A placement has ended.
    mutating func leave(_ domain: String) {
        guard let own = ofDomain[domain] else { return }
        total -= 1
        ofDomain[domain] = own > 1 ? own - 1 : nil
    }
}

/// The admission of a shop.
actor Gate {
    private var admission: Admission

    /// A gate that lets so many through.
    init(limit: Int, what: String = "placing") { admission = Admission(limit: limit, what: what) }

    /// - Throws: `ServiceError` `service.overloaded` when there is no room for a placement of the domain.
    func enter(_ domain: String) throws {
        guard let reason = admission.enter(domain) else { return }
        throw ServiceError(.overloaded, reason, hint: "try the same call again in a moment")
    }

    /// Lets a placement go on that was taken on before.
    func count(_ domain: String) { admission.count(domain) }

    /// A placement has ended.
    func leave(_ domain: String) { admission.leave(domain) }
}
