public import GRDB
import ShopAPI

/// Looks once more whether a call is of the last start of its shop, in the transaction that carries it out: between the look when it came and
/// that, another start may have been heard of, which must not be answered by what was there before and then find something else.
public struct CallerCheck: Sendable {
    private let caller: ShopEpoch?

    /// A check of the call that is being answered.
    public init() { caller = ShopEpoch.current }

    /// Refuses a call of a start of a shop that is over.
    ///
    /// - Parameter database: The one that the starts are in, in a transaction.
    /// - Throws: ``ServiceError`` `shop.superseded`; what SQLite says.
    public func check(in database: Database) throws {
        guard let caller else { return }
        let statement = try database.cachedStatement(sql: "SELECT number FROM shopEpoch WHERE shop = ?")
        guard let last = try Int64.fetchOne(statement, arguments: [caller.shop]), last > caller.number else { return }
        throw ShopEpochs.superseded(caller, last)
    }
}
