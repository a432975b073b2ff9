public import GRDB
import ShopAPI

/// How services of a site, real or simulated, come to what is in their books. In a simulated site a dead process reads and writes
/// nothing any more, and what blocks is done in place, so that the order of everything is that of its seed.
extension DatabaseReader {
    /// Reads something.
    ///
    /// - Parameter body: What is read.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; what SQLite says; `CancellationError`.
    public func look<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let process = ServiceTime.process
        guard process.isSimulated else { return try await read(body) }
        try process.checkAlive()
        return try lookNow(body)
    }

    /// Nobody writes meanwhile.
    private func lookNow<Value>(_ body: (Database) throws -> Value) throws -> Value { try unsafeRead(body) }
}

extension DatabaseWriter {
    /// Writes something, all or nothing; it is on disk when this returns.
    ///
    /// - Parameter body: What is written.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; what SQLite says; `CancellationError`.
    @discardableResult
    public func change<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let process = ServiceTime.process
        guard process.isSimulated else { return try await write(body) }
        try process.checkAlive()
        let value = try changeNow(body)
        process.flushed()
        return value
    }

    func changeNow<Value>(_ body: (Database) throws -> Value) throws -> Value { try write(body) }
}
