import GRDB
import Synchronization

@testable import NetStore

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let seconds = Mutex(1_000_000.0)

    var now: Double { seconds.withLock { $0 } }

    func advance(_ step: Double) { seconds.withLock { $0 += step } }
}

/// An address book in memory.
func makeBook(
    pool: String = "10.90.0.0/16",
    subnetLength: Int = 24,
    quarantine: Double = 60,
    exportIDs: ClosedRange<Int> = 100...60_000,
    clock: TestClock = TestClock()
) throws -> AddressBook {
    try makeBook(
        AddressPlan(
            pool: pool,
            subnetLength: subnetLength,
            shareRoot: "/srv/vmshop/shares",
            exportIDs: exportIDs,
            quarantine: quarantine
        ),
        in: DatabaseQueue(),
        clock
    )
}

func makeBook(_ plan: AddressPlan, in database: any DatabaseWriter, _ clock: TestClock) throws -> AddressBook {
    var migrator = DatabaseMigrator()
    AddressBook.migrate(&migrator)
    try migrator.migrate(database)
    return AddressBook(database: database, plan: plan) { clock.now }
}
