import GRDB
import ShopAPI
import Synchronization

/// Writes something to a book now and then, so that a disk that does not answer is found where nobody else writes.
final class BookHeart: Sendable {
    private let began = Mutex<ContinuousClock.Instant?>(nil)

    /// For how long the disk has not answered; nothing while it does.
    var standstill: Duration? {
        guard let began = began.withLock({ $0 }), ServiceTime.now - began >= GroupCommit.patience else { return nil }
        return ServiceTime.now - began
    }

    /// Begins to write, unless that is still going on. Nobody waits for it: it may take for ever.
    func begin(_ database: any DatabaseWriter) {
        let isFirst = began.withLock { began in
            defer { began = began ?? ServiceTime.now }
            return began == nil
        }
        guard isFirst else { return }
        // UNSTRUCTURED: whoever waited for it could not end while the disk does not answer.
        Task {
            do { try await database.change { try Self.write($0) } } catch { BookDisk.note(error) }
            began.withLock { $0 = nil }
        }
    }

    /// Writes once.
    static func beat(_ database: any DatabaseWriter) throws { try database.write(write) }

    private static func write(_ database: Database) throws {
        try database.execute(sql: "UPDATE heartbeat SET number = number + 1")
    }
}
