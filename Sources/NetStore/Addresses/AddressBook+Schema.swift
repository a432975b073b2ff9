public import GRDB

extension AddressBook {
    /// Registers the book's tables with the migrations of the database that is to hold them.
    ///
    /// The tables' names start with `net`, the migrations' identifiers with `netstore.`.
    public static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("netstore.1") { db in
            try db.execute(sql: schema)
        }
    }

    // Addresses are numbers, so that a subnet is a range. UNIQUE on each thing that is lent: the logic of
    // check-out picks what is free, and this is what makes a mistake in it a refusal and not a leak.
    private static let schema = """
        CREATE TABLE netNetwork (
            name TEXT PRIMARY KEY NOT NULL,
            domain TEXT UNIQUE,
            bridge TEXT NOT NULL UNIQUE,
            subnet TEXT NOT NULL UNIQUE,
            gateway INTEGER NOT NULL UNIQUE,
            state TEXT NOT NULL CHECK (state IN ('wanted', 'removing'))
        ) STRICT;
        CREATE TABLE netLease (
            machineID TEXT PRIMARY KEY NOT NULL,
            domain TEXT NOT NULL,
            network TEXT NOT NULL REFERENCES netNetwork(name),
            address INTEGER NOT NULL UNIQUE,
            mac TEXT NOT NULL UNIQUE,
            share TEXT NOT NULL UNIQUE,
            exportID INTEGER NOT NULL UNIQUE,
            tap TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE INDEX netLeaseNetwork ON netLease(network);
        CREATE TABLE netReleased (
            address INTEGER PRIMARY KEY NOT NULL,
            released REAL NOT NULL
        ) STRICT;
        CREATE TABLE netExportCursor (
            one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
            last INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE netImported (
            position INTEGER PRIMARY KEY NOT NULL,
            address INTEGER NOT NULL UNIQUE,
            bridge TEXT NOT NULL,
            share TEXT NOT NULL UNIQUE,
            copyOnWrite TEXT NOT NULL,
            nfsPort TEXT NOT NULL,
            mountPort TEXT NOT NULL,
            serverPort TEXT NOT NULL,
            usage TEXT NOT NULL,
            subnet TEXT NOT NULL,
            gateway INTEGER NOT NULL
        ) STRICT;
        """
}
