import GRDB
import MachineBook
import ShopAPI

/// The plants that joined, in the shop's database: they are in its list again when it is started anew.
struct JoinedPlants: Sendable {
    let database: any DatabaseWriter
    /// One change of list and database at a time.
    let mutex = AsyncSemaphore()

    /// The names and URLs, in the order in which they joined.
    static func all(_ database: any DatabaseReader) throws -> [(name: String, url: String)] {
        try database.read { database in
            try Row.fetchAll(database, sql: "SELECT name, url FROM joined ORDER BY since, name").map {
                ($0["name"], $0["url"])
            }
        }
    }

    /// Records a plant.
    func add(_ name: String, at url: String) async throws {
        try await database.change { database in
            let sql = "INSERT OR REPLACE INTO joined (name, url, since) VALUES (?, ?, ?)"
            try database.execute(sql: sql, arguments: [name, url, Timestamp.now.milliseconds])
        }
    }

    /// Forgets a plant.
    func remove(_ name: String) async throws {
        try await database.change { try $0.execute(sql: "DELETE FROM joined WHERE name = ?", arguments: [name]) }
    }

    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("shop-5") { database in
            try database.execute(
                sql: """
                    CREATE TABLE joined (
                        name TEXT PRIMARY KEY NOT NULL,
                        url TEXT NOT NULL UNIQUE,
                        since INTEGER NOT NULL  -- milliseconds since 1970
                    ) WITHOUT ROWID;
                    """
            )
        }
    }
}
