import GRDB
import MachineBook
import NetStore

/// The plant's one SQLite file: the book of machines, its own tables, and the address book of `NetStore`.
enum PlantDatabase {
    /// Opens the database and brings its schema up to date.
    static func open(path: String) throws -> DatabasePool {
        try BookDatabase.open(path: path) { migrator in
            migrate(&migrator)
            DurationBook.migrate(&migrator)
            ClaimBook.migrate(&migrator)
            LeaseBook.migrate(&migrator)
            AddressBook.migrate(&migrator)
        }
    }

    /// The tables of this room. A migration that was released is never changed.
    private static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("plant-1") { database in
            try database.execute(
                sql: """
                    -- A resource has a row before it exists and loses it after it is gone. It outlives no machine.
                    CREATE TABLE journal (
                        machine TEXT NOT NULL REFERENCES machine (id),
                        ordinal INTEGER NOT NULL,
                        resource TEXT NOT NULL,
                        state TEXT NOT NULL,
                        PRIMARY KEY (machine, ordinal)
                    ) WITHOUT ROWID;
                    -- The jobs that were given to guests and whose results have not been taken.
                    CREATE TABLE job (
                        machine TEXT NOT NULL REFERENCES machine (id),
                        action TEXT NOT NULL,
                        sequence INTEGER NOT NULL,
                        nonce TEXT NOT NULL,
                        PRIMARY KEY (machine, action)
                    ) WITHOUT ROWID;
                    CREATE TABLE jobCount (
                        machine TEXT PRIMARY KEY NOT NULL REFERENCES machine (id),
                        jobs INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE duration (
                        subject TEXT PRIMARY KEY NOT NULL,  -- key:<hex>, operation:<name> or boot:<image>
                        seconds REAL NOT NULL,
                        samples INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """
            )
        }
    }
}
