import FoundationEssentials
import GRDB
import MachineBook
import NetStore
import ShopAPI

/// A line of the journal: something a machine holds on the host, or is about to.
struct JournalEntry: Sendable, Hashable {
    enum State: String, Sendable {
        /// Recorded before the act: it may or may not exist.
        case intent
        /// It exists.
        case held
    }

    var machine: MachineID
    var ordinal: Int
    var resource: HostResource
    var state: State
}

/// The journal: a resource has a line before it exists and loses it after it is gone. What a crash leaves behind is
/// therefore always in it, and is undone by walking it backwards.
struct Journal: Sendable {
    let database: any DatabaseWriter

    /// Notes that a resource is about to be acquired.
    ///
    /// - Throws: ``ServiceError`` `machine.cancelled` unless the machine is being made or configured: behind a tombstone
    ///   nothing is acquired, whoever tries.
    func intend(_ resource: HostResource, for machine: MachineID) async throws -> JournalEntry {
        let json = String(decoding: try WireCoding.encode(resource), as: UTF8.self)
        return try await database.writeLazily { database in
            let state = try String.fetchOne(
                database,
                sql: "SELECT state FROM machine WHERE id = ?",
                arguments: [machine.text]
            )
            guard let state, [MachineState.creating, .configuring].map(\.rawValue).contains(state) else {
                throw ServiceError(
                    .cancelled,
                    "machine \(machine) is \(state ?? "unknown"): it gets no \(resource.name)"
                )
            }
            let sql = "SELECT MAX(ordinal) FROM journal WHERE machine = ?"
            let last = try Int.fetchOne(database, sql: sql, arguments: [machine.text]) ?? 0
            try database.execute(
                sql: "INSERT INTO journal (machine, ordinal, resource, state) VALUES (?, ?, ?, 'intent')",
                arguments: [machine.text, last + 1, json]
            )
            return JournalEntry(machine: machine, ordinal: last + 1, resource: resource, state: .intent)
        }
    }

    /// Notes that a machine is about to take over a spare's domain and files, under its own name.
    ///
    /// - Throws: ``ServiceError`` `machine.cancelled` unless the machine is being made.
    func beginTakeOver(by machine: MachineID) async throws {
        for resource in [HostResource.disk, .domain] { _ = try await intend(resource, for: machine) }
    }

    /// Notes that it has them, and passes on to it what the spare's row of the address book tells: all at once.
    ///
    /// - Parameters:
    ///   - spare: The spare, which holds nothing any more.
    ///   - machine: The machine.
    ///   - resources: All that it holds now.
    ///   - addresses: The address book, in the same database.
    /// - Throws: ``NetStoreError`` when the one has no address to pass on, or the other has one already.
    func completeTakeOver(
        of spare: MachineID,
        by machine: MachineID,
        with resources: [HostResource],
        _ addresses: AddressBook
    ) async throws {
        let rows = try resources.filter { ![.disk, .domain].contains($0) }.map { try WireCoding.text($0) }
        try await database.writeLazily { database in
            try addresses.pass(from: spare.resourceName, to: machine.resourceName, in: database)
            try database.execute(
                sql: "UPDATE journal SET state = 'held' WHERE machine = ?",
                arguments: [machine.text]
            )
            for row in rows {
                try database.execute(
                    sql: """
                        INSERT INTO journal (machine, ordinal, resource, state)
                        SELECT ?1, MAX(ordinal) + 1, ?2, 'held' FROM journal WHERE machine = ?1
                        """,
                    arguments: [machine.text, row]
                )
            }
            // The spare's guest did one job: the next has another number.
            try database.execute(
                sql: "INSERT INTO jobCount (machine, jobs) VALUES (?, 1)",
                arguments: [machine.text]
            )
        }
    }

    /// Notes that the resource exists.
    func complete(_ entry: JournalEntry) async throws {
        try await database.writeLazily { database in
            try database.execute(
                sql: "UPDATE journal SET state = 'held' WHERE machine = ? AND ordinal = ?",
                arguments: [entry.machine.text, entry.ordinal]
            )
        }
    }

    /// Forgets a resource that is gone.
    func forget(_ entry: JournalEntry) async throws {
        try await database.writeLazily { database in
            try database.execute(
                sql: "DELETE FROM journal WHERE machine = ? AND ordinal = ?",
                arguments: [entry.machine.text, entry.ordinal]
            )
        }
    }

    /// The machines that hold something.
    func machines() async throws -> Set<MachineID> {
        try await database.read { database in
            Set(try String.fetchAll(database, sql: "SELECT DISTINCT machine FROM journal").compactMap(MachineID.init))
        }
    }

    /// What a machine holds, the newest first: the order of undoing.
    func entriesToUndo(of machine: MachineID) async throws -> [JournalEntry] {
        try await database.read { database in
            let sql = "SELECT ordinal, resource, state FROM journal WHERE machine = ? ORDER BY ordinal DESC"
            return try Row.fetchAll(database, sql: sql, arguments: [machine.text]).map { row in
                JournalEntry(
                    machine: machine,
                    ordinal: row["ordinal"],
                    resource: try WireCoding.decode(HostResource.self, from: (row["resource"] as String).utf8),
                    state: JournalEntry.State(rawValue: row["state"]) ?? .intent
                )
            }
        }
    }
}
