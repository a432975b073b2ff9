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

    /// Takes on a placement, or so many together, if there is room for them.
    ///
    /// - Returns: Why there is not; nothing when they are taken on.
    mutating func enter(_ domain: String, _ more: Int = 1) -> String? {
        guard total + more <= limit else {
            return more == 1
                ? "the shop is \(what) \(total) machines, as many as it takes on at a time"
                : "the shop is \(what) \(total) machines, of \(limit) that it takes on at a time, and has no room for \(more)"
        }
        let own = ofDomain[domain] ?? 0
        let domains = ofDomain.count + (own == 0 ? 1 : 0)
        let share = max(1, limit / domains)
        guard total < limit / 4 * 3 || own + more <= share else {
            return "the shop is \(what) \(own) machines of domain \(domain), its share while others wait"
        }
        count(domain, more)
        return nil
    }

    /// Counts placements that were taken on before: after a restart they go on in any case.
    mutating func count(_ domain: String, _ more: Int = 1) {
        total += more
        ofDomain[domain, default: 0] += more
    }

    /// Placements have ended.
    mutating func leave(_ domain: String, _ fewer: Int = 1) {
        guard let own = ofDomain[domain] else { return }
        let gone = min(fewer, own)
        total -= gone
        ofDomain[domain] = own > gone ? own - gone : nil
    }
}

/// The admission of a shop.
actor Gate {
    private var admission: Admission

    /// A gate that lets so many through.
    init(limit: Int, what: String = "placing") { admission = Admission(limit: limit, what: what) }

    /// - Throws: `ServiceError` `service.overloaded` when there is no room for a placement of the domain, or for so many together.
    func enter(_ domain: String, _ count: Int = 1) throws {
        guard let reason = admission.enter(domain, count) else { return }
        throw ServiceError(.overloaded, reason, hint: "try the same call again in a moment")
    }

    /// Whether nothing is under way.
    var isEmpty: Bool { admission.total == 0 }

    /// Lets placements go on that were taken on before.
    func count(_ domain: String, _ count: Int = 1) { admission.count(domain, count) }

    /// Placements have ended.
    func leave(_ domain: String, _ count: Int = 1) { admission.leave(domain, count) }
}
