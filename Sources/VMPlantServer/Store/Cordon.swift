import GRDB
import ShopAPI

/// That a plant takes no new machines, by an admin's word. It outlives the plant's process.
struct Cordon: Sendable, Hashable {
    /// Since when.
    var since: Timestamp
    /// Why, in the admin's words; may be empty.
    var reason: String

    /// Longer reasons are cut.
    static let longestReason = 200

    /// What the plant says of it.
    var sentence: String { "it is cordoned since \(since)" + (reason.isEmpty ? "" : ": \(reason)") }
}

extension ClaimBook {
    /// The cordon, if there is one.
    func cordon() async throws -> Cordon? { try await database.read { try cordon(in: $0) } }

    /// ``cordon()`` as a part of a transaction.
    func cordon(in db: Database) throws -> Cordon? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT since, reason FROM cordon")).map {
            Cordon(since: Timestamp(milliseconds: $0["since"]), reason: $0["reason"])
        }
    }

    /// Puts a cordon up, or takes it away. One that is up keeps its time, and its reason if no other is given.
    func set(cordon: Cordon?) async throws {
        try await database.write { db in
            guard let cordon else { return try db.execute(sql: "DELETE FROM cordon") }
            try db.execute(
                sql: """
                    INSERT INTO cordon (one, since, reason) VALUES (1, ?, ?)
                    ON CONFLICT (one) DO UPDATE SET reason = excluded.reason WHERE excluded.reason != ''
                    """,
                arguments: [cordon.since.milliseconds, String(cordon.reason.prefix(Cordon.longestReason))]
            )
        }
    }
}
