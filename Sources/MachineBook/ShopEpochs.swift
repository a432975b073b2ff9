public import GRDB
public import ShopAPI

/// The last start of each shop that a service has heard of, durably.
public actor ShopEpochs {
    private let database: any DatabaseWriter
    private var latest: [String: Int64] = [:]
    /// What of it is in the book.
    private var written: [String: Int64] = [:]
    private var isRead = false
    /// Of more shops than this, no more are remembered: anybody may call himself a shop, and must not make others forgotten.
    private static let most = 1_000
    /// No start is later than now by more than this: else one call would shut a shop out for ever.
    private static let farthest = Duration.seconds(86_400)

    /// The starts that are in a database opened by ``BookDatabase``.
    public init(_ database: any DatabaseWriter) { self.database = database }

    /// Takes notice of a start, and refuses one that came before another.
    ///
    /// - Parameter epoch: The start that a call is of.
    /// - Throws: ``ServiceError`` `shop.superseded`, `call.invalid` for a start that is still to come; what SQLite says: then the start is not
    ///   durably known.
    public func admit(_ epoch: ShopEpoch) async throws {
        try await read()
        let known = latest[epoch.shop] ?? 0
        guard epoch.number >= known else { throw Self.superseded(epoch, known) }
        guard written[epoch.shop] != epoch.number else { return }
        guard epoch.time <= Timestamp.now.advanced(by: Self.farthest) else { throw Self.toCome(epoch) }
        guard known > 0 || latest.count < Self.most else { return }
        // From here on nobody of before gets in, whether it becomes durable or not.
        latest[epoch.shop] = epoch.number
        do {
            try await database.change { database in
                let sql = """
                    INSERT INTO shopEpoch (shop, number) VALUES (?, ?)
                        ON CONFLICT (shop) DO UPDATE SET number = max(number, excluded.number)
                    """
                try database.execute(sql: sql, arguments: [epoch.shop, epoch.number])
            }
        } catch {
            BookDisk.note(error)
            throw error
        }
        written[epoch.shop] = max(written[epoch.shop] ?? 0, epoch.number)
    }

    private func read() async throws {
        guard !isRead else { return }
        let stored = try await database.look { database in
            try Row.fetchAll(database, sql: "SELECT shop, number FROM shopEpoch").map { row in
                (row["shop"] as String, row["number"] as Int64)
            }
        }
        guard !isRead else { return }
        written = Dictionary(uniqueKeysWithValues: stored)
        latest.merge(stored, uniquingKeysWith: max)
        isRead = true
    }

    private static func toCome(_ epoch: ShopEpoch) -> ServiceError {
        ServiceError(
            .callInvalid,
            "a process of shop \(epoch.shop) says that it was started at \(epoch.time), which is still to come",
            hint: "set the clocks of its host and of this one"
        )
    }

    static func superseded(_ epoch: ShopEpoch, _ known: Int64) -> ServiceError {
        let other = ShopEpoch(shop: epoch.shop, number: known).time
        return ServiceError(
            .superseded,
            "shop \(epoch.shop) was started at \(other), after this process of it, which was started at \(epoch.time)",
            hint:
                "there must be one process of a shop; if there is one, the clock of its host is behind: set it, and start the shop anew"
        )
    }
}
