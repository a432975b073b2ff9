import DAGModel
import GRDB
import ShopAPI

/// The leases of machines, in the plant's one database.
struct LeaseBook: Sendable {
    let database: any DatabaseWriter
    var clock = BootClock.host

    /// The lease of a machine, if it has one.
    func term(of machine: MachineID) async throws -> LeaseTerm? {
        try await database.read { try term(of: machine, in: $0) }
    }

    /// ``term(of:)`` as a part of a transaction.
    func term(of machine: MachineID, in db: Database) throws -> LeaseTerm? {
        try Row.fetchOne(db, sql: "SELECT * FROM lease WHERE machine = ?", arguments: [machine.text])
            .flatMap(Self.term)
    }

    /// The leases of machines that hold resources and are not being collected.
    func terms() async throws -> [LeaseTerm] {
        let states = MachineState.allCases.filter { $0.holdsResources && $0 != .collecting }.map(\.rawValue)
        let marks = databaseQuestionMarks(count: states.count)
        // CROSS, so that SQLite looks at the few leases and not at all machines.
        let sql = "SELECT lease.* FROM lease CROSS JOIN machine ON machine.id = lease.machine WHERE state IN (\(marks))"
        return try await database.read { db in
            try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(states)).compactMap(Self.term)
        }
    }

    /// Records a lease in place of the one before.
    func save(_ term: LeaseTerm) async throws { try await database.write { try set(term, in: $0) } }

    /// ``save(_:)`` as a part of a transaction.
    func set(_ term: LeaseTerm, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO lease (machine, length, ends, boot, warned, suspended, atEnd, idle, active)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                term.machine.text, term.length, term.ends, term.boot, term.isWarned, term.isSuspended,
                term.end.rawValue, term.idle, term.active,
            ]
        )
    }

    /// Forgets a lease: the machine has no end any more.
    func remove(of machine: MachineID) async throws { try await database.write { try remove(of: machine, in: $0) } }

    /// ``remove(of:)`` as a part of a transaction.
    func remove(of machine: MachineID, in db: Database) throws {
        try db.execute(sql: "DELETE FROM lease WHERE machine = ?", arguments: [machine.text])
    }

    private static func term(_ row: Row) -> LeaseTerm? {
        guard let machine = MachineID(row["machine"]), let end = Lease.End(rawValue: row["atEnd"]) else { return nil }
        var term = LeaseTerm(machine: machine, length: row["length"], ends: row["ends"], boot: row["boot"], end: end)
        (term.isWarned, term.isSuspended) = (row["warned"], row["suspended"])
        (term.idle, term.active) = (row["idle"], row["active"])
        return term
    }

    /// The table of leases. A migration that was released is never changed.
    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("leases-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE lease (
                        machine TEXT PRIMARY KEY NOT NULL REFERENCES machine (id),
                        length INTEGER NOT NULL,     -- milliseconds
                        ends INTEGER NOT NULL,       -- milliseconds since the boot
                        boot TEXT NOT NULL,
                        warned INTEGER NOT NULL,
                        suspended INTEGER NOT NULL,
                        atEnd TEXT NOT NULL          -- collect or suspend
                    ) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("leases-2") { database in
            try database.execute(
                sql: """
                    ALTER TABLE lease ADD COLUMN idle INTEGER;                      -- milliseconds; NULL for no limit
                    ALTER TABLE lease ADD COLUMN active INTEGER NOT NULL DEFAULT 0; -- milliseconds since the boot
                    """
            )
        }
    }
}
