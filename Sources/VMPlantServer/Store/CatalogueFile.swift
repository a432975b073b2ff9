import FoundationEssentials
import GRDB
import Synchronization
import Warehouse

/// The index of the warehouse's images, kept in a file of the plant's own: `warehouse-index.sqlite` in its state directory.
///
/// It is a remark that may be lost. So it is a file of its own, is not written through to the disk at each change, and is
/// begun anew when it cannot be used.
final class CatalogueFile: CatalogueStore {
    private let path: String
    private let queue = Mutex<DatabaseQueue?>(nil)

    /// An index in a file, which is made when it is needed.
    init(path: String) {
        self.path = path
    }

    func load(_ each: ([UInt8]) -> Void) throws -> [UInt8]? {
        try withDatabase { database in
            let values = try Row.fetchCursor(database, sql: "SELECT value FROM image")
            while let row = try values.next() { try row.withUnsafeData(atIndex: 0) { each(Array($0 ?? Data())) } }
            return try Data.fetchOne(database, sql: "SELECT value FROM heading").map(Array.init)
        }
    }

    func save(_ change: CatalogueChange) throws {
        try withDatabase { database in
            if change.isWhole { try database.execute(sql: "DELETE FROM image") }
            let put = try database.cachedStatement(sql: "INSERT OR REPLACE INTO image (key, value) VALUES (?, ?)")
            let remove = try database.cachedStatement(sql: "DELETE FROM image WHERE key = ?")
            for (key, value) in change.values {
                if let value {
                    try put.execute(arguments: [key, Data(value)])
                } else {
                    try remove.execute(arguments: [key])
                }
            }
            try database.execute(
                sql: "INSERT OR REPLACE INTO heading (number, value) VALUES (1, ?)",
                arguments: [Data(change.heading)]
            )
        }
    }

    private func withDatabase<Value: Sendable>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try queue.withLock { queue in
            let open = try queue ?? Self.open(path)
            queue = open
            return open
        }
        return try queue.write(body)
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        do {
            return try opened(path)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
            return try opened(path)
        }
    }

    private static func opened(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS image (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
                    CREATE TABLE IF NOT EXISTS heading (number INTEGER PRIMARY KEY, value BLOB NOT NULL);
                    """
            )
        }
        return queue
    }
}
