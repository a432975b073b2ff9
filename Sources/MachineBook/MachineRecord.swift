import FoundationEssentials
import GRDB
public import ShopAPI

/// A machine's row: what clients see, and what the service needs beside it.
public struct MachineRecord<Extra: Codable & Sendable & Hashable>: Sendable, Hashable {
    /// What clients see.
    public var machine: Machine
    /// The request document it is made from.
    public var document: [UInt8]
    /// What the service keeps beside it.
    public var extra: Extra

    /// The machine's id.
    public var id: MachineID { machine.id }

    /// Makes a row.
    public init(machine: Machine, document: [UInt8], extra: Extra) {
        self.machine = machine
        self.document = document
        self.extra = extra
    }
}

extension MachineRecord {
    init(row: Row) throws {
        self.init(
            machine: try WireCoding.decode(Machine.self, from: (row["record"] as String).utf8),
            document: Array(row["document"] as Data),
            extra: try WireCoding.decode(Extra.self, from: (row["extra"] as String).utf8)
        )
    }

    func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO machine (id, state, document, record, extra) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document,
                    record = excluded.record, extra = excluded.extra
                """
        )
        try statement.execute(arguments: [
            id.text, machine.state.rawValue, Data(document), try WireCoding.text(machine), try WireCoding.text(extra),
        ])
    }
}
