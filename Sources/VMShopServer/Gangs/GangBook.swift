import FoundationEssentials
import GRDB
import MachineBook
import ShopAPI

/// The gangs of a shop, in its one database.
struct GangBook: Sendable {
    let database: any DatabaseWriter

    /// A gang; nothing for an id that none has.
    func gang(_ id: MachineID) async throws -> Gang? { try await database.look { try Self.gang(id, $0) } }

    /// The request of a gang; nothing once it was collected.
    func document(of id: MachineID) async throws -> [UInt8] {
        try await database.look { database in
            let statement = try database.cachedStatement(sql: "SELECT document FROM gang WHERE id = ?")
            return try Data.fetchOne(statement, arguments: [id.text]).map(Array.init) ?? []
        }
    }

    /// The gangs in some states, in the order of their ids.
    func gangs(in states: Set<MachineState>) async throws -> [Gang] {
        let names = states.map(\.rawValue).sorted()
        let sql = "SELECT gang FROM gang WHERE state IN (\(databaseQuestionMarks(count: names.count))) ORDER BY id"
        return try await database.look { database in
            try String.fetchAll(database.cachedStatement(sql: sql), arguments: StatementArguments(names))
                .map { try WireCoding.decode(Gang.self, from: $0.utf8) }
        }
    }

    fileprivate static func gang(_ id: MachineID, _ database: Database) throws -> Gang? {
        let statement = try database.cachedStatement(sql: "SELECT gang FROM gang WHERE id = ?")
        return try String.fetchOne(statement, arguments: [id.text]).map {
            try WireCoding.decode(Gang.self, from: $0.utf8)
        }
    }

    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("shop-8") { database in
            try database.execute(
                sql: """
                    CREATE TABLE gang (
                        id TEXT PRIMARY KEY NOT NULL,
                        state TEXT NOT NULL,
                        document BLOB NOT NULL,  -- the request as it came; empty once nobody needs it
                        gang TEXT NOT NULL       -- the gang as JSON
                    ) WITHOUT ROWID;
                    CREATE INDEX gang_by_state ON gang (state);
                    """
            )
        }
    }
}

extension MachineTransaction where Extra == ShopExtra {
    /// Inserts a new gang unless its id is known.
    ///
    /// - Returns: The gang that is there now, and whether it is the new one.
    func insert(_ gang: Gang, _ document: [UInt8]) throws -> (record: Gang, isNew: Bool) {
        if let known = try GangBook.gang(gang.id, database) { return (known, false) }
        try database.execute(
            sql: "INSERT INTO gang (id, state, document, gang) VALUES (?, ?, ?, ?)",
            arguments: [gang.id.text, gang.state.rawValue, Data(document), try WireCoding.text(gang)]
        )
        return (gang, true)
    }

    /// Changes a gang. One that was collected loses its request, which may hold secrets.
    ///
    /// - Returns: The gang that is there now.
    /// - Throws: ``ServiceError`` when there is none, or its state cannot become the one that `change` sets.
    @discardableResult
    func updateGang(_ id: MachineID, _ change: (inout Gang) throws -> Void) throws -> Gang {
        guard let before = try GangBook.gang(id, database) else { throw ServiceError.unknownGang(id) }
        var gang = before
        try change(&gang)
        guard gang != before else { return gang }
        try database.execute(
            sql: "UPDATE gang SET state = ?, gang = ?, document = CASE WHEN ? THEN x'' ELSE document END WHERE id = ?",
            arguments: [gang.state.rawValue, try WireCoding.text(gang), gang.state == .collected, id.text]
        )
        return gang
    }
}
