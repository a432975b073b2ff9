import FoundationEssentials
public import GRDB

/// Who has which address, and with it which MAC, tap, share and export: the plant's one book of them.
///
/// Each change is one transaction, and the tables' own UNIQUE constraints say once more that nothing is lent
/// twice. Every function exists twice: asynchronous, as a transaction of its own, and with `in:`, to be part of
/// a transaction of the caller's.
public struct AddressBook: Sendable {
    let database: any DatabaseWriter
    let plan: AddressPlan
    let now: @Sendable () -> Double

    /// Opens the book in a database that has been migrated (``migrate(_:)``).
    ///
    /// - Parameters:
    ///   - database: Where the tables are; the plant's own database.
    ///   - plan: How addresses are cut and things are named.
    ///   - now: Seconds since 1970; only quarantines depend on it.
    public init(
        database: any DatabaseWriter,
        plan: AddressPlan,
        now: @escaping @Sendable () -> Double = AddressBook.wallClock
    ) {
        self.database = database
        self.plan = plan
        self.now = now
    }

    /// Lends a machine an address and all that goes with it, and makes its domain's network if there is none.
    ///
    /// A machine that has a lease gets the same one again.
    ///
    /// - Parameters:
    ///   - machine: The machine.
    ///   - domain: Its client domain.
    ///   - taken: Names of networks that are somebody else's: a new network gets none of them.
    /// - Returns: All that the machine has been lent.
    /// - Throws: ``NetStoreError`` `.invalid` for a bad name, `.exhausted` when nothing is free, `.busy` while the
    ///   domain's network is being removed, `.conflict` when the machine has a lease in another domain.
    public func checkOut(
        machine: String,
        domain: String,
        avoiding taken: Set<String> = []
    ) async throws(NetStoreError) -> GuestLease {
        try await write { db in try checkOut(machine: machine, domain: domain, avoiding: taken, in: db) }
    }

    /// What a machine has been lent, if anything.
    public func lease(of machine: String) async throws(NetStoreError) -> GuestLease? {
        try await read { db in try lease(of: machine, in: db) }
    }

    /// All leases, by machine id.
    public func leases() async throws(NetStoreError) -> [GuestLease] {
        try await read { db in try leases(in: db) }
    }

    /// Takes back what a machine had. Its address rests for the plan's quarantine and is then last in the queue.
    ///
    /// Nothing may still use it: domain, filter element, export and share go first.
    ///
    /// - Returns: What it had, nil when it had nothing.
    @discardableResult
    public func release(machine: String) async throws(NetStoreError) -> GuestLease? {
        try await write { db in try release(machine: machine, in: db) }
    }

    /// How many machines could get an address now, all domains together.
    public var free: Int {
        get async throws(NetStoreError) { try await read { db in try free(in: db) } }
    }

    /// Seconds since 1970 by the host's clock.
    @Sendable public static func wallClock() -> Double { Date().timeIntervalSince1970 }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(NetStoreError) -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw Self.wrapped(error)
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(NetStoreError) -> Value {
        do {
            return try await database.write(body)
        } catch {
            throw Self.wrapped(error)
        }
    }

    private static func wrapped(_ error: any Error) -> NetStoreError {
        (error as? NetStoreError) ?? NetStoreError(.database, "address book: \(error)")
    }
}
