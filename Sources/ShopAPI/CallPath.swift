/// The shops that a call came through, the first one first. A shop that finds itself in it refuses the call: shops may stand in
/// each other's lists, and a call must not go in circles.
public struct CallPath: Sendable, Hashable {
    /// The header that carries it.
    public static let header = "VMShop-Path"
    /// Calls that came through more shops than this are refused.
    public static let mostShops = 8

    /// The path of the call that is being answered.
    @TaskLocal public static var current = CallPath([])

    /// What the shops call themselves in paths.
    public var shops: [String]

    /// A path through these shops.
    public init(_ shops: [String]) { self.shops = shops }

    /// Reads the header. What is longer than any path may be is cut, so that it is still too long.
    public init(header text: String) {
        shops = text.split(separator: ",").prefix(Self.mostShops + 1).map { String($0.prefix(100)) }
    }

    /// What the header says.
    public var headerText: String { shops.joined(separator: ",") }

    /// The path of a call that a shop makes in the course of this one.
    public func through(_ shop: String) -> CallPath { CallPath(shops + [shop]) }

    /// Refuses a call that came through a shop before, or through too many.
    ///
    /// - Parameter shop: Who is called.
    /// - Throws: ``ServiceError`` `service.loop`.
    public func check(at shop: String) throws {
        let names = (shops + [shop]).map { $0.prefix { $0 != "@" } }.joined(separator: " → ")
        guard !shops.contains(shop) else {
            throw ServiceError(
                .loop,
                "the call goes in a circle: \(names)",
                hint: "mend the lists of plants of these shops"
            )
        }
        guard shops.count <= Self.mostShops else {
            throw ServiceError(.loop, "the call came through more than \(Self.mostShops) shops: \(names)")
        }
    }
}
