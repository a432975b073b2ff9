import GRDB
import MachineBook
import ShopAPI

/// The shop's one SQLite file: the book of machines, and the collections it owes to plants that were out of reach.
enum ShopDatabase {
    /// Opens the database and brings its schema up to date.
    static func open(path: String) throws -> DatabasePool {
        try BookDatabase.open(path: path) { migrator in
            migrator.registerMigration("shop-1") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE owed (
                            machine TEXT NOT NULL,
                            plant TEXT NOT NULL,
                            PRIMARY KEY (machine, plant)
                        ) WITHOUT ROWID;
                        """
                )
            }
        }
    }
}

/// The collections a shop owes: a plant that was told to make a machine and then not heard of again is told, as soon as
/// it answers, that the machine is not wanted there.
struct OwedCollections: Sendable {
    let database: any DatabaseWriter

    /// Notes that a plant must be told to collect a machine.
    func add(_ machine: MachineID, at plant: String) async throws {
        try await database.write { database in
            let sql = "INSERT OR IGNORE INTO owed (machine, plant) VALUES (?, ?)"
            try database.execute(sql: sql, arguments: [machine.text, plant])
        }
    }

    /// What is owed.
    func all() async throws -> [(machine: MachineID, plant: String)] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT machine, plant FROM owed ORDER BY machine, plant").compactMap {
                row in
                MachineID(row["machine"]).map { ($0, row["plant"]) }
            }
        }
    }

    /// Forgets a debt that is paid.
    func remove(_ machine: MachineID, at plant: String) async throws {
        try await database.write { database in
            let sql = "DELETE FROM owed WHERE machine = ? AND plant = ?"
            try database.execute(sql: sql, arguments: [machine.text, plant])
        }
    }
}
