import GRDB
import MachineBook
import ShopAPI

/// The shop's one SQLite file: the book of machines, and the collections it owes to plants.
enum ShopDatabase {
    /// Opens the database and brings its schema up to date.
    static func open(path: String) throws -> DatabasePool {
        try BookDatabase.open(path: path, register: register)
    }

    /// A database in memory.
    static func inMemory() throws -> DatabaseQueue { try BookDatabase.inMemory(register: register) }

    private static func register(_ migrator: inout DatabaseMigrator) {
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
        // From here on a collection is what its machine owes: what was under way owes it to all who were told.
        migrator.registerMigration("shop-2") { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO owed (machine, plant)
                        SELECT machine.id, told.value FROM machine, json_each(machine.extra, '$.told') AS told
                        WHERE machine.state = 'collecting';
                    """
            )
        }
        // Of machines from before it was begun, a book knows nothing.
        migrator.registerMigration("shop-3") { database in
            try database.execute(sql: "CREATE TABLE book (begun INTEGER NOT NULL)")
            try database.execute(
                sql: "INSERT INTO book (begun) VALUES (?)",
                arguments: [Timestamp.now.milliseconds]
            )
        }
        migrator.registerMigration("shop-7") { database in
            try database.execute(sql: "ALTER TABLE book ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0")
        }
        RoundBook.migrate(&migrator)
        JoinedPlants.migrate(&migrator)
        GangBook.migrate(&migrator)
    }
}

extension ShopDatabase {
    /// When the book was begun; now for one that does not say.
    static func begun(_ database: any DatabaseReader) throws -> Timestamp {
        let milliseconds = try database.read { try Int64.fetchOne($0, sql: "SELECT begun FROM book") }
        return milliseconds.map { Timestamp(milliseconds: $0) } ?? .now
    }

    /// Notes a start of the shop.
    ///
    /// - Returns: Its number (``ShopEpoch``): the time, unless a start before it had a later one. Two starts from copies of the book are told
    ///   apart by chance then.
    static func beginEpoch(_ database: any DatabaseWriter) throws -> Int64 {
        let last = try database.read { try Int64.fetchOne($0, sql: "SELECT epoch FROM book") } ?? 0
        let next = max(Timestamp.now.milliseconds * 1_000, last + 1) + Int64.random(in: 0..<1_000)
        do {
            try database.write { try $0.execute(sql: "UPDATE book SET epoch = ?", arguments: [next]) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            // What the shop knows it can tell; when there is room again the next start is later in any case.
        }
        return next
    }
}

/// The collections a shop owes: plants that have to be told, until they have answered, that a machine is not wanted there.
/// A debt is recorded in the transaction that makes it one.
struct OwedCollections: Sendable {
    let database: any DatabaseWriter

    /// What is owed, by plant.
    func all() async throws -> [String: [MachineID]] {
        try await database.look { database in
            let sql = "SELECT machine, plant FROM owed ORDER BY machine"
            let rows = try Row.fetchAll(database.cachedStatement(sql: sql))
            return Dictionary(grouping: rows) { $0["plant"] as String }
                .mapValues { $0.compactMap { MachineID($0["machine"]) } }
        }
    }

    /// The plants that are owed the collection of a machine.
    func plants(of machine: MachineID) async throws -> [String] {
        try await database.look { database in
            let sql = "SELECT plant FROM owed WHERE machine = ? ORDER BY plant"
            return try String.fetchAll(database.cachedStatement(sql: sql), arguments: [machine.text])
        }
    }

    /// Forgets a debt that is paid.
    func remove(_ machine: MachineID, at plant: String) async throws {
        try await database.change { database in
            let sql = "DELETE FROM owed WHERE machine = ? AND plant = ?"
            try database.execute(sql: sql, arguments: [machine.text, plant])
        }
    }
}

extension MachineTransaction where Extra == ShopExtra {
    /// Notes that a plant must be told to collect a machine.
    func owe(_ machine: MachineID, at plant: String) throws {
        let sql = "INSERT OR IGNORE INTO owed (machine, plant) VALUES (?, ?)"
        try database.execute(sql: sql, arguments: [machine.text, plant])
    }

    /// Whether any plant has still to be told to collect a machine.
    func isOwed(_ machine: MachineID) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM owed WHERE machine = ?)"
        return try Bool.fetchOne(database.cachedStatement(sql: sql), arguments: [machine.text]) ?? false
    }
}
