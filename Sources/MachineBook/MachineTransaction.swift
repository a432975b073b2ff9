public import GRDB
public import ShopAPI

/// What is done to machines, their events and a service's own tables all at once or not at all. Handed out by
/// ``MachineStore/write(_:)``.
public struct MachineTransaction<Extra: Codable & Sendable & Hashable> {
    /// A row of the store.
    public typealias Record = MachineRecord<Extra>

    /// The database, for the tables of the service's own.
    public let database: Database
    /// The machines that changed.
    private(set) var touched: Set<MachineID> = []
    private let rows: DecodedRows<Extra>

    init(_ database: Database, _ rows: DecodedRows<Extra>) { (self.database, self.rows) = (database, rows) }

    /// A machine's row, `nil` when the service never heard of it.
    public func record(_ id: MachineID) throws -> Record? {
        try Row.fetchOne(database.cachedStatement(sql: "SELECT * FROM machine WHERE id = ?"), arguments: [id.text])
            .map(rows.record)
    }

    /// Inserts a new machine unless its id is known.
    ///
    /// - Parameters:
    ///   - new: Its row.
    ///   - events: What happened to it already, beside that it is there.
    /// - Returns: The row that is there now, and whether it is the new one.
    /// - Throws: What SQLite says.
    public mutating func insert(_ new: Record, events: [MachineEvent] = []) throws -> (record: Record, isNew: Bool) {
        if let known = try record(new.id) { return (known, false) }
        try replace(new, events: events)
        return (new, true)
    }

    /// Changes a machine and notes events about it. What is the same afterwards is not written.
    ///
    /// - Throws: ``ServiceError`` when the machine is unknown or its state cannot become the one that `change` sets.
    @discardableResult
    public mutating func update(
        _ id: MachineID,
        events: [MachineEvent] = [],
        _ change: (inout Record) throws -> Void
    ) throws -> Record {
        try withoutActuallyEscaping(change) { try update(id, events: events, through: [$0]) }
    }

    /// The same in several steps, of which each may set another state.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - events: The events; what comes of the steps comes after them.
    ///   - changes: What changes, step by step.
    /// - Returns: The row that is there now.
    /// - Throws: ``ServiceError`` when the machine is unknown or its state cannot become the one that a step sets.
    @discardableResult
    public mutating func update(
        _ id: MachineID,
        events: [MachineEvent],
        through changes: [(inout Record) throws -> Void]
    ) throws -> Record {
        guard let before = try record(id) else { throw ServiceError.unknown(id) }
        var (record, events) = (before, events)
        for change in changes {
            let old = record.machine.state
            try change(&record)
            let new = record.machine.state
            guard old == new || old.successors.contains(new) else {
                throw ServiceError(.machineBusy, "machine \(id) is \(old.rawValue) and cannot become \(new.rawValue)")
            }
            if old != new { events.append(.state(of: record.machine)) }
        }
        guard record != before || !events.isEmpty else { return record }
        try rows.save(record, insteadOf: before, database)
        try append(events, to: id)
        touched.insert(id)
        return record
    }

    /// Puts a row in the place of what is known of its machine, whatever that was: for what turns out to have been
    /// somebody else's machine of the same id.
    ///
    /// - Parameters:
    ///   - record: The row.
    ///   - events: What happened to it already, beside that it is there.
    /// - Throws: What SQLite says.
    public mutating func replace(_ record: Record, events: [MachineEvent] = []) throws {
        try rows.save(record, database)
        try append([.state(of: record.machine)] + events, to: record.id)
        touched.insert(record.id)
    }

    /// Notes events, in order.
    mutating func append(_ events: [MachineEvent], to id: MachineID) throws {
        guard !events.isEmpty else { return }
        let last = try database.cachedStatement(sql: "SELECT MAX(sequence) FROM event WHERE machine = ?")
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO event (machine, sequence, event) VALUES (?, ?, ?)"
        )
        let before = try Int.fetchOne(last, arguments: [id.text]) ?? 0
        for (index, event) in events.enumerated() {
            var event = event
            event.sequence = before + index + 1
            try insertion.execute(arguments: [id.text, event.sequence, try WireCoding.text(event)])
        }
        touched.insert(id)
    }
}
