/// One part of a price.
public struct CostTerm: Sendable, Hashable, Codable {
    /// The name of a ``CostComponent``.
    public var name: String
    /// How much it adds to the total, in `unit`.
    public var value: Double
    /// `points`, `s` or `an hour`.
    public var unit: String
    /// Why it is that much.
    public var reason: String

    /// Makes a term.
    public init(name: String, value: Double, unit: String, reason: String) {
        self.name = name
        self.value = value
        self.unit = unit
        self.reason = reason
    }
}

/// A price and the terms it is the sum of.
public struct Cost: Sendable, Hashable, Codable {
    /// The policy that computed it. Prices of two policies do not compare.
    public var policy: CostPolicy
    /// The parts, in the policy's order.
    public var terms: [CostTerm]
    /// The sum of the parts. It travels beside them so that a reader need not add up; ``isSane`` checks that it is.
    public var total: Double

    /// What the total is in: the unit of all its terms; points where they differ.
    public var unit: String {
        guard let unit = terms.first?.unit, terms.allSatisfy({ $0.unit == unit }) else { return "points" }
        return unit
    }

    /// Makes a price of terms.
    public init(policy: CostPolicy, terms: [CostTerm]) {
        self.policy = policy
        self.terms = terms
        self.total = terms.reduce(0) { $0 + $1.value }
    }

    /// Whether the figures can be ranked: finite, not negative, and the total is the sum of the terms.
    ///
    /// A bid arrives from another host, so a shop checks this before it believes one.
    public var isSane: Bool {
        let sum = terms.reduce(0) { $0 + $1.value }
        return terms.allSatisfy { $0.value.isFinite && $0.value >= 0 } && total.isFinite && abs(total - sum) < 1e-6
    }
}
