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

/// What the two texts of rows say.
struct DecodedRows<Extra: Codable & Sendable & Hashable>: Sendable {
    let machines = DecodedTexts<Machine>()
    private let extras = DecodedTexts<Extra>()

    func record(_ row: Row) throws -> MachineRecord<Extra> {
        let machine = try machine(row)
        return MachineRecord(
            machine: machine,
            document: Array(row["document"] as Data),
            extra: try extras.value(of: row["extra"], in: machine.id)
        )
    }

    func machine(_ row: Row) throws -> Machine {
        guard let id = MachineID(row["id"]) else { throw DatabaseError(message: "a row has no machine id") }
        return try machines.value(of: row["record"], in: id)
    }

    /// Puts a row in the place of what is known of its machine.
    func save(_ record: MachineRecord<Extra>, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO machine (id, state, document, record, extra) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document,
                    record = excluded.record, extra = excluded.extra
                """
        )
        try statement.execute(arguments: [
            record.id.text, record.machine.state.rawValue, Data(record.document),
            try machines.text(of: record.machine, in: record.id), try extras.text(of: record.extra, in: record.id),
        ])
    }

    /// Writes what changed in a row.
    func save(_ record: MachineRecord<Extra>, insteadOf before: MachineRecord<Extra>, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE machine SET state = ?, document = coalesce(?, document), record = coalesce(?, record),
                    extra = coalesce(?, extra) WHERE id = ?
                """
        )
        let (id, machine, extra) = (record.id, record.machine, record.extra)
        try statement.execute(arguments: [
            machine.state.rawValue, record.document == before.document ? nil : Data(record.document),
            machine == before.machine ? nil : try machines.text(of: machine, in: id),
            extra == before.extra ? nil : try extras.text(of: extra, in: id), id.text,
        ])
    }
}
