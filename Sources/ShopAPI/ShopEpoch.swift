/// A start of a shop. Plants take no calls of a start that came before the last one they have heard of: a process that stood still
/// while its shop was started anew elsewhere, from the same book, must not go on with what it knew then (a fencing token; Kleppmann,
/// "Designing Data-Intensive Applications", chapter 8).
public struct ShopEpoch: Sendable, Hashable {
    /// The header that carries it: name and number.
    public static let header = "VMShop-Epoch"

    /// The start of the shop whose call is being answered; nothing where who calls is no shop.
    @TaskLocal public static var current: ShopEpoch?

    /// The shop, as it is called in the paths of calls: two with books of their own are two shops.
    public var shop: String
    /// The time of the start in microseconds, of which those within a millisecond are drawn; more than that of any start before it from
    /// the same book.
    public var number: Int64

    /// The time of the start, as its host had it.
    public var time: Timestamp { Timestamp(milliseconds: number / 1_000) }

    /// A start of a shop.
    public init(shop: String, number: Int64) { (self.shop, self.number) = (shop, number) }

    /// Reads the header; `nil` for one that says nothing.
    public init?(header text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].utf8.count <= Self.longestName, let number = Int64(words[1]), number > 0 else {
            return nil
        }
        self.init(shop: String(words[0]), number: number)
    }

    /// What the header says.
    public var headerText: String { "\(shop) \(number)" }

    private static let longestName = 200
}
