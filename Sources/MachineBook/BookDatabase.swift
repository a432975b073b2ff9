import Dispatch
public import GRDB
import Glibc
import ShopAPI

/// How the SQLite file of a service is opened.
public enum BookDatabase {
    /// Opens the database and brings its schema up to date.
    ///
    /// Write-ahead log with `synchronous=FULL`: what a call has answered survives a power cut.
    ///
    /// - Parameters:
    ///   - path: The file; it is made when missing.
    ///   - register: Adds the service's own migrations to those of this room.
    /// - Returns: The open database.
    /// - Throws: ``ServiceError`` for a database that a newer version wrote, or that is damaged; what SQLite says.
    public static func open(path: String, register: (inout DatabaseMigrator) -> Void) throws -> DatabasePool {
        do {
            return try opened(path, register)
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode.primaryResultCode)
        {
            throw damaged(path, error.message ?? "\(error)")
        }
    }

    private static func damaged(_ path: String, _ what: String) -> ServiceError {
        ServiceError(
            .unavailable,
            "the database `\(path)` is damaged: \(what)",
            hint:
                "put a copy of it back, or move it away with its -wal and -shm: then a shop learns its machines from its plants "
                + "again, but a plant removes the machines that it has"
        )
    }

    private static func opened(_ path: String, _ register: (inout DatabaseMigrator) -> Void) throws -> DatabasePool {
        precondition(BookDisk.isWatched, "it is always")
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        makePrivate(path)
        let pool = try DatabasePool(path: path, configuration: configuration)
        // Here, and not before it is opened: a pool sets it to NORMAL itself, with which a power cut takes the last commits back.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try writeLogAnew(pool)
        if let damage = try pool.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }), damage != "ok" {
            throw damaged(path, damage)
        }
        let migrator = migrator(register)
        guard try !pool.read(migrator.hasBeenSuperseded) else {
            throw ServiceError(
                .unavailable,
                "the database `\(path)` was written by a newer version of VMShop",
                hint: "install that version again, or give this one another state.directory"
            )
        }
        try migrator.migrate(pool)
        try BookHeart.beat(pool)
        openReaders(of: pool)
        pool.add(transactionObserver: NothingAfterFailure(), extent: .databaseLifetime)
        return pool
    }

    private static func migrator(_ register: (inout DatabaseMigrator) -> Void) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrate(&migrator)
        register(&migrator)
        return migrator
    }

    /// A database in memory, for services of simulated sites.
    ///
    /// - Parameter register: Adds the service's own migrations to those of this room.
    /// - Returns: The database.
    /// - Throws: What SQLite says.
    public static func inMemory(register: (inout DatabaseMigrator) -> Void) throws -> DatabaseQueue {
        let queue = try DatabaseQueue()
        try migrator(register).migrate(queue)
        return queue
    }

    /// Has all that the log holds written into the database and flushed, and begins the log anew: see ``BookDisk``.
    private static func writeLogAnew(_ pool: DatabasePool) throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch let error as DatabaseError
            where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode.primaryResultCode)
        {
            // Somebody reads it beside us, `sqlite3` say.
        }
    }

    /// Opens all connections that the pool will read by. It would do so when they are needed first; but where the disk does not answer
    /// then, the one that is being opened holds a lock that all of SQLite waits for (`unixOpenSharedMemory`), and nothing that is
    /// known could be told.
    private static func openReaders(of pool: DatabasePool) {
        let (open, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let count = pool.configuration.maximumReaderCount
        for _ in 0..<count {
            pool.asyncRead { _ in
                open.signal()
                end.wait()
            }
        }
        // Fewer do, where there are no threads for all of them.
        for _ in 0..<count where open.wait(timeout: .now() + 1) == .timedOut { break }
        for _ in 0..<count { end.signal() }
    }

    /// Requests may hold secrets: nobody but the service's own user reads the file. SQLite gives the log beside it the
    /// same permissions.
    private static func makePrivate(_ path: String) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }

    /// The tables of this room. A migration that was released is never changed.
    private static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("machines-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE machine (
                        id TEXT PRIMARY KEY NOT NULL,
                        state TEXT NOT NULL,
                        document BLOB NOT NULL,  -- the request as it came
                        record TEXT NOT NULL,    -- the machine as JSON
                        extra TEXT NOT NULL      -- what the service needs beside it, as JSON
                    ) WITHOUT ROWID;
                    CREATE INDEX machine_by_state ON machine (state);
                    CREATE TABLE event (
                        machine TEXT NOT NULL REFERENCES machine (id),
                        sequence INTEGER NOT NULL,
                        event TEXT NOT NULL,
                        PRIMARY KEY (machine, sequence)
                    ) WITHOUT ROWID;
                    """
            )
        }
        // What is written where nothing else is, to see whether the disk answers.
        migrator.registerMigration("machines-2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE heartbeat (number INTEGER NOT NULL);
                    INSERT INTO heartbeat (number) VALUES (0);
                    """
            )
        }
        migrator.registerMigration("machines-3") { database in
            try database.execute(
                sql: "CREATE TABLE shopEpoch (shop TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID"
            )
        }
    }
}
