public import GRDB
import ShopAPI
import Synchronization

/// Makes the writes of many callers durable together: while one transaction is being committed, the next writes gather, and
/// they all become the next transaction. Each write is all or nothing by itself, and its caller goes on when it is on disk. That a write
/// throws is rare: then the transaction is begun anew with a savepoint for each, which cost more than many a write.
///
/// A commit waits for the disk (`synchronous=FULL`), whatever is in it; so a busy service does not wait for it once a write. A disk
/// that does not answer keeps no client waiting: after some seconds those who are not patient are told so, and at once if they come then.
public actor GroupCommit {
    /// A write that waits.
    private struct Job: Sendable {
        /// Does it; what is returned is called when it is on disk. Where it throws, the transaction is over.
        var attempt: @Sendable (Database) throws -> @Sendable () -> Void
        /// The same, but where it throws that is its own affair.
        var attemptApart: @Sendable (Database) -> @Sendable () -> Void
        /// Says that it is not on disk.
        var fail: @Sendable (any Error) -> Void
        /// Whether it waits for a disk that does not answer.
        var isPatient: Bool
        /// Whether it need not be flushed by itself.
        var isLazy: Bool
    }

    private let database: any DatabaseWriter
    private var waiting: [Job] = []
    private var isAtWork = false
    private var isWatched = false
    /// What is being made durable, and since when.
    private var current: (jobs: [Job], began: ContinuousClock.Instant)?
    /// A disk that needs longer than this for a commit does not answer.
    static let patience = Duration.seconds(5)
    /// More writes than this do not make one transaction.
    private static let most = 128

    /// Commits to a database.
    public init(_ database: any DatabaseWriter) { self.database = database }

    /// Does a write.
    ///
    /// - Parameters:
    ///   - isPatient: Whether it is waited for as long as it takes.
    ///   - isLazy: Whether it need not be on disk when this returns: see `writeLazily`.
    ///   - body: What is done, all of it or nothing. It may be done more than once, of which once counts.
    /// - Returns: What the body returns, once it is on disk.
    /// - Throws: What the body throws; what SQLite says; `CancellationError` where the task is cancelled before it begins.
    public func write<Value: Sendable>(
        isPatient: Bool = true,
        isLazy: Bool = false,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        // As with a write of one's own: what is cancelled does not begin.
        try Task.checkCancellation()
        if !isPatient, let standstill { throw Self.silence(standstill) }
        return try await withCheckedThrowingContinuation { continuation in
            let answer = Answer(continuation)
            let job = Job(
                attempt: { database in
                    let value = try body(database)
                    return { answer.give(.success(value)) }
                },
                attemptApart: { database in
                    let result = Self.result(of: body, in: database)
                    return { answer.give(result) }
                },
                fail: { answer.give(.failure($0)) },
                isPatient: isPatient,
                isLazy: isLazy
            )
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
            BookDisk.note(error)
            return .failure(error)
        }
    }

    /// For how long the disk has not answered; nothing while it does.
    private var standstill: Duration? {
        guard let current, ServiceTime.now - current.began >= Self.patience else { return nil }
        return ServiceTime.now - current.began
    }

    private func work() async {
        beginWatch()
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.most))
            waiting.removeFirst(batch.count)
            current = (batch, ServiceTime.now)
            await commit(batch)
        }
        current = nil
        isAtWork = false
    }

    private func beginWatch() {
        guard !isWatched else { return }
        isWatched = true
        // UNSTRUCTURED: watches the work, and ends soon after it.
        Task { await watch() }
    }

    /// Tells those who wait for a disk that does not answer. What was handed to it may become durable all the same.
    private func watch() async {
        defer { isWatched = false }
        while (try? await ServiceTime.sleep(for: Self.patience / 5)) != nil, isAtWork {
            guard let standstill, let current else { continue }
            let impatient = (current.jobs + waiting).filter { !$0.isPatient }
            waiting.removeAll { !$0.isPatient }
            for job in impatient { job.fail(Self.silence(standstill)) }
        }
    }

    private static func silence(_ duration: Duration) -> ServiceError {
        ServiceError(
            .unavailable,
            "the disk of the book has not answered for \(duration.components.seconds) s",
            hint: "whether this was recorded is not known: ask again with the same id when the disk is well"
        )
    }

    /// Commits a batch. Where that fails as a whole, as when one write breaks off the transaction, each is tried by itself.
    private func commit(_ batch: [Job]) async {
        let isFlushed = !batch.allSatisfy(\.isLazy)
        do {
            let endings = try await database.write(isFlushed: isFlushed) { database in
                try batch.map { try $0.attempt(database) }
            }
            for end in endings { end() }
        } catch {
            BookDisk.note(error)
            await commitApart(batch, isFlushed)
        }
    }

    /// Commits a batch in which each write fails for itself.
    private func commitApart(_ batch: [Job], _ isFlushed: Bool) async {
        do {
            let endings = try await database.write(isFlushed: isFlushed) { database in
                batch.map { $0.attemptApart(database) }
            }
            for end in endings { end() }
        } catch {
            BookDisk.note(error)
            guard batch.count > 1 else {
                let answer = batch[0].isPatient ? nil : BookDisk.failure?.answer
                return batch[0].fail(answer ?? error)
            }
            for job in batch { await commitApart([job], !job.isLazy) }
        }
    }
}

/// Who waits for a write: told once how it went.
private final class Answer<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

    init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

    func give(_ result: Result<Value, any Error>) {
        let continuation = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(with: result)
    }
}
