public import GRDB
public import ShopAPI

/// The last start of each shop that a service has heard of, durably.
public actor ShopEpochs {
    private let database: any DatabaseWriter
    private var latest: [String: Int64] = [:]
    private var isRead = false
    /// Of more shops than this, those are forgotten that were started first.
    private static let most = 1_000

    /// The starts that are in a database opened by ``BookDatabase``.
    public init(_ database: any DatabaseWriter) { self.database = database }

    /// Takes notice of a start, and refuses one that came before another.
    ///
    /// - Parameter epoch: The start that a call is of.
    /// - Throws: ``ServiceError`` `shop.superseded`; what SQLite says: then the start is not durably known.
    public func admit(_ epoch: ShopEpoch) async throws {
        try await read()
        let known = latest[epoch.shop] ?? 0
        guard epoch.number != known else { return }
        guard epoch.number > known else { throw Self.superseded(epoch, known) }
        // From here on nobody of before gets in, whether it becomes durable or not.
        latest[epoch.shop] = epoch.number
        try await database.change { database in
            let sql = """
                INSERT INTO shopEpoch (shop, number) VALUES (?, ?)
                    ON CONFLICT (shop) DO UPDATE SET number = max(number, excluded.number)
                """
            try database.execute(sql: sql, arguments: [epoch.shop, epoch.number])
            let rest =
                "DELETE FROM shopEpoch WHERE shop NOT IN (SELECT shop FROM shopEpoch ORDER BY number DESC LIMIT ?)"
            try database.execute(sql: rest, arguments: [Self.most])
        }
        if latest.count > Self.most { (latest, isRead) = ([:], false) }
    }

    private func read() async throws {
        guard !isRead else { return }
        let stored = try await database.look { database in
            try Row.fetchAll(database, sql: "SELECT shop, number FROM shopEpoch").map { row in
                (row["shop"] as String, row["number"] as Int64)
            }
        }
        // What came meanwhile counts too.
        latest.merge(stored, uniquingKeysWith: max)
        isRead = true
    }

    private static func superseded(_ epoch: ShopEpoch, _ known: Int64) -> ServiceError {
        let (own, other) = (Timestamp(milliseconds: epoch.number), Timestamp(milliseconds: known))
        return ServiceError(
            .superseded,
            "shop \(epoch.shop) was started at \(other), after this process of it, which was started at \(own)",
            hint:
                "there must be one process of a shop; if there is one, the clock of its host is behind: set it, and start the shop anew"
        )
    }
}
