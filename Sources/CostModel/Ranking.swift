/// The order in which bids are tried.
public enum Ranking {
    /// Orders bids by total, cheapest first; equal totals keep the order of the plants in the shop's list.
    ///
    /// The result depends on the arguments alone, so the same bids are ranked the same way at every shop with the same
    /// list. Bids that are not sane (not finite, negative, a total that is not the sum of its terms) are left out.
    ///
    /// - Parameters:
    ///   - bids: What is ranked, in the order of the plants in the shop's list.
    ///   - cost: The price of one.
    /// - Returns: The bids that can be believed, in the order in which they are tried.
    public static func order<Bid>(_ bids: [Bid], by cost: (Bid) -> Cost) -> [Bid] {
        bids.enumerated()
            .filter { cost($0.element).isSane }
            .sorted { (cost($0.element).total, $0.offset) < (cost($1.element).total, $1.offset) }
            .map(\.element)
    }
}
