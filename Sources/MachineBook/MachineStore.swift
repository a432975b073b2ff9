import FoundationEssentials
public import GRDB
public import ShopAPI

/// The machines of a service and their events, in SQLite. Every change is one transaction, and wakes those who wait for
/// the machine's events.
public struct MachineStore<Extra: Codable & Sendable & Hashable>: Sendable {
    /// A row of this store.
    public typealias Record = MachineRecord<Extra>

    /// The database, for tables of the service's own.
    public let database: any DatabaseWriter
    private let hub = EventHub()
    private let commits: GroupCommit
    let heart = BookHeart()
    let rows = DecodedRows<Extra>()

    /// The store in a database opened by ``BookDatabase``.
    public init(_ database: any DatabaseWriter) {
        self.database = database
        commits = GroupCommit(database)
    }

    /// What keeps the book from being written, as a sentence; nothing when it can be.
    public var problem: String? {
        heart.standstill.map { "the disk of its book has not answered for \($0.components.seconds) s" }
    }

    /// A machine's row, `nil` when the service never heard of it.
    public func record(_ id: MachineID) async throws -> Record? {
        try await database.look { [rows] in try MachineTransaction($0, rows).record(id) }
    }

    /// How many machines hold resources.
    public func countHolding() async throws -> Int { try await database.look(Self.countHolding) }

    /// Does any number of things all or none of them; what others do at the same time may be made durable with it.
    ///
    /// - Parameters:
    ///   - isPatient: Whether it is waited for as long as it takes. A client is not kept waiting for a disk that does not answer.
    ///   - isLazy: Whether it need not outlive a power cut by itself: see `writeLazily`.
    ///   - body: What is done. It may be done more than once, of which once counts.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; nothing has happened then. ``ServiceError`` `service.unavailable` where it is not waited for any
    ///   more: then it may happen yet.
    @discardableResult
    public func write<Value: Sendable>(
        isPatient: Bool = true,
        isLazy: Bool = false,
        _ body: @escaping @Sendable (inout MachineTransaction<Extra>) throws -> Value
    ) async throws -> Value {
        let (value, touched) = try await commits.write(isPatient: isPatient, isLazy: isLazy) { [rows] database in
            var transaction = MachineTransaction(database, rows)
            return (try body(&transaction), transaction.touched)
        }
        for id in touched { await hub.notify(id) }
        return value
    }

    /// Inserts a new machine unless its id is known, and says what is there now.
    ///
    /// - Parameters:
    ///   - new: The row.
    ///   - check: What must hold in the same transaction; what it throws keeps the machine out.
    ///   - addition: What is recorded beside the row, in the same transaction.
    /// - Returns: The row that is there now, and whether it is the new one.
    /// - Throws: What the two throw; nothing has happened then.
    public func insert(
        _ new: Record,
        check: @escaping @Sendable (Database) throws -> Void = { _ in },
        addition: @escaping @Sendable (Database) throws -> Void = { _ in }
    ) async throws -> (record: Record, isNew: Bool) {
        try await write { transaction in
            if let known = try transaction.record(new.id) { return (known, false) }
            try check(transaction.database)
            let inserted = try transaction.insert(new)
            try addition(transaction.database)
            return inserted
        }
    }

    /// Changes a machine and notes events about it, in one transaction. What is the same afterwards is not written.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - events: The events.
    ///   - isLazy: Whether it need not outlive a power cut by itself: see `writeLazily`.
    ///   - change: What changes.
    /// - Returns: The row that is there now.
    /// - Throws: ``ServiceError`` when the machine is unknown or its state cannot become the one that `change` sets.
    @discardableResult
    public func update(
        _ id: MachineID,
        events: [MachineEvent] = [],
        isLazy: Bool = false,
        _ change: @escaping @Sendable (inout Record) throws -> Void
    ) async throws -> Record {
        try await write(isLazy: isLazy) { try $0.update(id, events: events, change) }
    }

    /// Notes an event, lazily.
    public func note(_ event: MachineEvent, on id: MachineID) async throws {
        try await write(isLazy: true) { try $0.append([event], to: id) }
    }

    /// The events of a machine after one (at most ``EventPage/most``), waiting for the next if there is none yet.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`.
    public func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        let deadline = ServiceTime.now + wait
        while true {
            let version = await hub.version
            var page = try await events(of: id, after: sequence)
            page.machine = nil
            let left = deadline - ServiceTime.now
            guard page.events.isEmpty, left > .zero else { return page }
            try Task.checkCancellation()
            // A change without an event wakes too, so it is looked at again.
            await hub.wait(for: id, after: version, atMost: left)
        }
    }

    /// The events of a machine after one (at most ``EventPage/most``), and the machine as it was then.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`; what SQLite says.
    public func progress(of id: MachineID, after sequence: Int) async throws -> EventPage {
        var page = try await events(of: id, after: sequence)
        page.after = sequence
        return page
    }

    /// Notes from now on which machines something happens to.
    ///
    /// - Parameter wake: Called at each of them; it must not wait.
    /// - Returns: The machines, until ``unwatch(_:)``.
    public func watch(_ wake: @escaping @Sendable () -> Void) async -> ChangedMachines {
        let changes = ChangedMachines(wake: wake)
        await hub.add(changes)
        return changes
    }

    /// Notes them no more.
    public func unwatch(_ changes: ChangedMachines) async { await hub.remove(changes) }

    /// State and events are of one moment, so a reader that stops at a resting state has missed nothing.
    private func events(of id: MachineID, after sequence: Int) async throws -> EventPage {
        try await database.look { [rows] database in
            guard let record = try MachineTransaction(database, rows).record(id) else { throw ServiceError.unknown(id) }
            let sql = "SELECT event FROM event WHERE machine = ? AND sequence > ? ORDER BY sequence LIMIT ?"
            let statement = try database.cachedStatement(sql: sql)
            let events = try String.fetchAll(statement, arguments: [id.text, sequence, EventPage.most])
                .map { try WireCoding.decode(MachineEvent.self, from: $0.utf8) }
            return EventPage(events: events, state: record.machine.state, machine: record.machine)
        }
    }

    private static func countHolding(_ database: Database) throws -> Int {
        let names = MachineState.allCases.filter(\.holdsResources).map(\.rawValue)
        let sql = "SELECT COUNT(*) FROM machine WHERE state IN (\(databaseQuestionMarks(count: names.count)))"
        return try Int.fetchOne(database, sql: sql, arguments: StatementArguments(names)) ?? 0
    }
}
