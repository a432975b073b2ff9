import GRDB
import ShopAPI
import Synchronization

/// The disk beneath the books of this process, as far as SQLite has had trouble with it.
///
/// After a write or a flush that failed nobody knows what of the book is on the disk: the kernel forgets what it could not write, and
/// the next flush succeeds without it (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). So nothing
/// is committed any more from then on, and the service ends (``BookWatch``). When it is started again it may read from the kernel's
/// memory what never came to the disk, therefore a book writes all of its log anew before anything else is confirmed
/// (``BookDatabase``). A disk that is full is no such trouble.
///
/// SQLite has one log of errors for a whole process, therefore this is one value for all books.
enum BookDisk {
    /// What went wrong with it.
    struct Failure: Error, CustomStringConvertible {
        var description: String

        /// What callers are told.
        var answer: ServiceError { ServiceError(.unavailable, description, hint: "the service ends; start it again") }
    }

    private struct State {
        var failure: Failure?
        var waiting: [Int: CheckedContinuation<Failure?, Never>] = [:]
        var tickets = 0
    }

    private static let state = Mutex(State())

    /// The first failure, if there was one.
    static var failure: Failure? { state.withLock(\.failure) }

    /// Notes a failure, and tells all who wait for one.
    static func fail(_ failure: Failure) {
        let waiting = state.withLock { state in
            if state.failure == nil { state.failure = failure }
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: failure) }
    }

    /// Waits for the first failure.
    ///
    /// - Returns: The failure; nothing when the task is cancelled.
    static func awaitFailure() async -> Failure? {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Failure?? in
                    if let failure = state.failure { return failure }
                    guard !Task.isCancelled else { return .some(nil) }
                    state.waiting[ticket] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: nil)
        }
    }

    /// Has SQLite's log of errors read. It can be set before the first database is opened only.
    static let isWatched: Bool = {
        Database.logError = { code, message in
            guard isFatal(code) else { return }
            fail(Failure(description: "the disk of the book failed: \(message) (SQLite error \(code.rawValue))"))
        }
        return true
    }()

    /// Notes what a write threw: SQLite logs no writes that fail, only flushes.
    static func note(_ error: any Error) {
        guard let error = error as? DatabaseError, isFatal(error.extendedResultCode) else { return }
        fail(Failure(description: "the disk of the book failed: \(error)"))
    }

    /// Whether what is on the disk is not known any more.
    static func isFatal(_ code: ResultCode) -> Bool {
        let codes: [ResultCode] = [
            .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_IOERR_READ,
            .SQLITE_IOERR_TRUNCATE, .SQLITE_IOERR_CORRUPTFS,
        ]
        return codes.contains(code)
    }
}

/// Lets no transaction become durable on a disk that has failed.
final class NothingAfterFailure: TransactionObserver, Sendable {
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    func databaseDidChange(with event: DatabaseEvent) {}

    func databaseWillCommit() throws {
        if let failure = BookDisk.failure { throw failure }
    }

    func databaseDidCommit(_ db: Database) {}

    func databaseDidRollback(_ db: Database) {}
}
