import FoundationEssentials
public import GRDB
public import ShopAPI

/// The machines of a service and their events, in SQLite. Every change is one transaction, and wakes those who wait for
/// the machine's events.
public struct MachineStore<Extra: Codable & Sendable & Hashable>: Sendable {
    /// A row of this store.
    public typealias Record = MachineRecord<Extra>

    /// The database, for tables of the service's own that belong to the same transactions.
    public let database: any DatabaseWriter
    private let hub = EventHub()

    /// The store in a database opened by ``BookDatabase``.
    public init(_ database: any DatabaseWriter) { self.database = database }

    /// A machine's row, `nil` when the service never heard of it.
    public func record(_ id: MachineID) async throws -> Record? {
        try await database.read { try Self.record(id, $0) }
    }

    /// Every machine in one of the given states, in the order of ids.
    public func records(in states: Set<MachineState>) async throws -> [Record] {
        let names = states.map(\.rawValue).sorted()
        return try await database.read { database in
            let sql = "SELECT * FROM machine WHERE state IN (\(databaseQuestionMarks(count: names.count))) ORDER BY id"
            return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(names)).map(Record.init(row:))
        }
    }

    /// The ids of every machine in one of the given states, without reading the machines.
    public func ids(in states: Set<MachineState>) async throws -> [MachineID] {
        let names = states.map(\.rawValue).sorted()
        return try await database.read { database in
            let sql = "SELECT id FROM machine WHERE state IN (\(databaseQuestionMarks(count: names.count))) ORDER BY id"
            return try String.fetchAll(database, sql: sql, arguments: StatementArguments(names))
                .compactMap(MachineID.init)
        }
    }

    /// How many machines hold resources.
    public func countHolding() async throws -> Int { try await database.read(Self.countHolding) }

    /// Inserts a new machine unless its id is known, and says what is there now.
    ///
    /// - Parameters:
    ///   - new: The row.
    ///   - maximum: The most machines that may hold resources, counted in the same transaction.
    ///   - check: What else must hold in that transaction; what it throws keeps the machine out.
    /// - Returns: The row that is there now, and whether it is the new one.
    /// - Throws: ``ServiceError`` `placement.refused` when there are that many already.
    public func insert(
        _ new: Record,
        atMost maximum: Int = .max,
        check: @escaping @Sendable () throws -> Void = {}
    ) async throws -> (record: Record, isNew: Bool) {
        let result = try await database.write { database in
            if let known = try Self.record(new.id, database) { return (known, false) }
            try check()
            guard try Self.countHolding(database) < maximum else {
                throw ServiceError(.refused, "it holds as many machines as it may, \(maximum)")
            }
            try new.save(database)
            try Self.append(.state(of: new.machine), to: new.id, database)
            return (new, true)
        }
        if result.1 { await hub.notify(new.id) }
        return result
    }

    /// Changes a machine and notes events about it, in one transaction.
    ///
    /// - Throws: ``ServiceError`` when the machine is unknown or its state cannot become the one that `change` sets.
    @discardableResult
    public func update(
        _ id: MachineID,
        events: [MachineEvent] = [],
        _ change: @escaping @Sendable (inout Record) throws -> Void
    ) async throws -> Record {
        let record = try await database.write { database in
            guard var record = try Self.record(id, database) else { throw ServiceError.unknown(id) }
            let before = record.machine.state
            try change(&record)
            let after = record.machine.state
            guard before == after || before.successors.contains(after) else {
                throw ServiceError(
                    .machineBusy,
                    "machine \(id) is \(before.rawValue) and cannot become \(after.rawValue)"
                )
            }
            try record.save(database)
            for event in events { try Self.append(event, to: id, database) }
            if before != after { try Self.append(.state(of: record.machine), to: id, database) }
            return record
        }
        await hub.notify(id)
        return record
    }

    /// Notes an event.
    public func note(_ event: MachineEvent, on id: MachineID) async throws {
        try await database.write { try Self.append(event, to: id, $0) }
        await hub.notify(id)
    }

    /// The events of a machine after one (at most 1,000), waiting for the next if there is none yet.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`.
    public func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        let deadline = ContinuousClock.now + wait
        while true {
            let version = await hub.version(id)
            let page = try await events(of: id, after: sequence)
            let left = deadline - .now
            guard page.events.isEmpty, left > .zero else { return page }
            try Task.checkCancellation()
            // A change without an event wakes too, so it is looked at again.
            await hub.wait(for: id, after: version, atMost: left)
        }
    }

    /// State and events are of one moment, so a reader that stops at a resting state has missed nothing.
    private func events(of id: MachineID, after sequence: Int) async throws -> EventPage {
        try await database.read { database in
            guard let record = try Self.record(id, database) else { throw ServiceError.unknown(id) }
            let sql = "SELECT event FROM event WHERE machine = ? AND sequence > ? ORDER BY sequence LIMIT 1000"
            let events = try String.fetchAll(database, sql: sql, arguments: [id.text, sequence])
                .map { try WireCoding.decode(MachineEvent.self, from: $0.utf8) }
            return EventPage(events: events, state: record.machine.state)
        }
    }
}

extension MachineStore {
    private static func record(_ id: MachineID, _ database: Database) throws -> Record? {
        try Row.fetchOne(database, sql: "SELECT * FROM machine WHERE id = ?", arguments: [id.text]).map(
            Record.init(row:)
        )
    }

    private static func countHolding(_ database: Database) throws -> Int {
        let names = MachineState.allCases.filter(\.holdsResources).map(\.rawValue)
        let sql = "SELECT COUNT(*) FROM machine WHERE state IN (\(databaseQuestionMarks(count: names.count)))"
        return try Int.fetchOne(database, sql: sql, arguments: StatementArguments(names)) ?? 0
    }

    private static func append(_ event: MachineEvent, to id: MachineID, _ database: Database) throws {
        var event = event
        let last = try Int.fetchOne(
            database,
            sql: "SELECT MAX(sequence) FROM event WHERE machine = ?",
            arguments: [id.text]
        )
        event.sequence = (last ?? 0) + 1
        try database.execute(
            sql: "INSERT INTO event (machine, sequence, event) VALUES (?, ?, ?)",
            arguments: [id.text, event.sequence, try WireCoding.text(event)]
        )
    }
}
