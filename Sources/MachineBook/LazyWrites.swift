public import GRDB
import ShopAPI

extension DatabaseWriter {
    /// Does a write that need not outlive a power cut by itself: it is flushed with the next one that must. Since SQLite's log is
    /// written in order, whatever is durable, all that was written before it is durable too. A process that is killed loses nothing.
    ///
    /// For what a host forgets with its power, or what can be found out anew: the steps of a machine that is being made, say.
    ///
    /// - Parameter updates: What is done, all of it or nothing.
    /// - Returns: What it returns.
    /// - Throws: What it throws; what SQLite says; `CancellationError` where the task is cancelled before it begins.
    public func writeLazily<Value: Sendable>(
        _ updates: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        // UNSTRUCTURED: what is cancelled in the midst would not set the connection back.
        return try await Task { try await write(isFlushed: false, updates) }.value
    }

    /// Does a write, not to be cancelled.
    func write<Value: Sendable>(
        isFlushed: Bool,
        _ updates: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let process = ServiceTime.process
        if process.isSimulated {
            try process.checkAlive()
            let value = try changeNow(updates)
            if isFlushed { process.flushed() }
            return value
        }
        return try await writeWithoutTransaction { database in
            guard !isFlushed else { return try database.transaction(updates) }
            try database.cachedStatement(sql: "PRAGMA synchronous = NORMAL").execute()
            defer {
                do {
                    try database.cachedStatement(sql: "PRAGMA synchronous = FULL").execute()
                } catch {
                    BookDisk.fail(BookDisk.Failure(description: "flushes cannot be asked for again: \(error)"))
                }
            }
            return try database.transaction(updates)
        }
    }
}

extension Database {
    fileprivate func transaction<Value>(_ updates: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try inTransaction {
            value = try updates(self)
            return .commit
        }
        guard let value else { throw DatabaseError(message: "a write came to no end") }
        return value
    }
}
