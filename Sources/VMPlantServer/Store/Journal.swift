import FoundationEssentials
import GRDB
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
        return try await database.write { database in
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

    /// Notes that the resource exists.
    func complete(_ entry: JournalEntry) async throws {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE journal SET state = 'held' WHERE machine = ? AND ordinal = ?",
                arguments: [entry.machine.text, entry.ordinal]
            )
        }
    }

    /// Forgets a resource that is gone.
    func forget(_ entry: JournalEntry) async throws {
        try await database.write { database in
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
