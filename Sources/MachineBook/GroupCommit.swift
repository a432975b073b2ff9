public import GRDB

/// Makes the writes of many callers durable together: while one transaction is being committed, the next writes gather, and
/// they all become the next transaction. Each write is all or nothing by itself (a savepoint), and its caller goes on when it is
/// on disk.
///
/// A commit waits for the disk (`synchronous=FULL`), whatever is in it; so a busy service does not wait for it once a write.
public actor GroupCommit {
    /// A write that waits.
    private struct Job: Sendable {
        /// Does it; what is returned is called when it is on disk.
        var attempt: @Sendable (Database) -> @Sendable () -> Void
        /// Says that it is not on disk.
        var fail: @Sendable (any Error) -> Void
    }

    private let database: any DatabaseWriter
    private var waiting: [Job] = []
    private var isAtWork = false
    /// More writes than this do not make one transaction.
    private static let most = 128

    /// Commits to a database.
    public init(_ database: any DatabaseWriter) { self.database = database }

    /// Does a write.
    ///
    /// - Parameter body: What is done, all of it or nothing. It may be done more than once, of which once counts.
    /// - Returns: What the body returns, once it is on disk.
    /// - Throws: What the body throws; what SQLite says; `CancellationError` where the task is cancelled before it begins.
    public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        // As with a write of one's own: what is cancelled does not begin.
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            let job = Job { database in
                let result = Self.result(of: body, in: database)
                return { continuation.resume(with: result) }
            } fail: { error in
                continuation.resume(throwing: error)
            }
            waiting.append(job)
            guard !isAtWork else { return }
            isAtWork = true
            // UNSTRUCTURED: serves all who wait; ends when nobody does.
            Task { await work() }
        }
    }

    private static func result<Value>(
        of body: (Database) throws -> Value,
        in database: Database
    ) -> Result<Value, any Error> {
        do {
            var value: Value?
            try database.inSavepoint {
                value = try body(database)
                return .commit
            }
            return value.map { .success($0) } ?? .failure(DatabaseError(message: "a write came to no end"))
        } catch {
            return .failure(error)
        }
    }

    private func work() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.most))
            waiting.removeFirst(batch.count)
            await commit(batch)
        }
        isAtWork = false
    }

    /// Commits a batch. Where that fails as a whole, as when one write breaks off the transaction, each is tried by itself.
    private func commit(_ batch: [Job]) async {
        do {
            let endings = try await database.write { database in batch.map { $0.attempt(database) } }
            for end in endings { end() }
        } catch {
            guard batch.count > 1 else { return batch[0].fail(error) }
            for job in batch { await commit([job]) }
        }
    }
}
