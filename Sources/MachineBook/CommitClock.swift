import GRDB
import Synchronization

/// Since when a commit of a database has been waiting for the disk.
final class CommitClock: TransactionObserver, Sendable {
    private let began = Mutex<ContinuousClock.Instant?>(nil)

    /// For how long the disk has not answered; nothing while it does.
    var standstill: Duration? {
        guard let began = began.withLock({ $0 }), .now - began >= GroupCommit.patience else { return nil }
        return .now - began
    }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    func databaseDidChange(with event: DatabaseEvent) {}

    func databaseWillCommit() { began.withLock { $0 = .now } }

    func databaseDidCommit(_ db: Database) { began.withLock { $0 = nil } }

    func databaseDidRollback(_ db: Database) { began.withLock { $0 = nil } }
}
