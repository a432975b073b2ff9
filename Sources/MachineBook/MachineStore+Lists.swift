import GRDB
public import ShopAPI

extension MachineStore {
    /// Every machine in one of the given states, in the order of ids.
    ///
    /// - Parameters:
    ///   - states: The states.
    ///   - after: Only ids after this one.
    ///   - through: Only ids up to this one.
    ///   - documents: Whether the request documents are read too. Without them a row has the first byte of its document,
    ///     by which one that has a document is told from one that has none.
    /// - Returns: The rows.
    /// - Throws: What SQLite says.
    public func records(
        in states: Set<MachineState>,
        after: MachineID? = nil,
        through: MachineID? = nil,
        documents: Bool = true
    ) async throws -> [Record] {
        let document = documents ? "document" : "coalesce(substr(document, 1, 1), x'') AS document"
        return try await list("id, \(document), record, extra", states, after, through, rows.record)
    }

    /// Every machine in one of the given states, as clients see it, in the order of ids.
    public func machines(in states: Set<MachineState>) async throws -> [Machine] {
        try await list("id, record", states, nil, nil, rows.machine)
    }

    /// The ids of the machines in one of the given states, in order.
    public func ids(in states: Set<MachineState>) async throws -> [MachineID] {
        try await list("id", states) { MachineID($0["id"]) }.compactMap(\.self)
    }

    private func list<Value: Sendable>(
        _ columns: String,
        _ states: Set<MachineState>,
        _ after: MachineID? = nil,
        _ through: MachineID? = nil,
        _ value: @escaping @Sendable (Row) throws -> Value
    ) async throws -> [Value] {
        let names = states.map(\.rawValue).sorted()
        let marks = databaseQuestionMarks(count: names.count)
        // No id sorts before the empty text, none after a letter.
        let arguments = StatementArguments(names + [after?.text ?? "", through?.text ?? "a"])
        let sql = "SELECT \(columns) FROM machine WHERE state IN (\(marks)) AND id > ? AND id <= ? ORDER BY id"
        return try await database.look { database in
            try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map(value)
        }
    }

    /// Drops what happened to machines that were collected before a time; the last event stays, and with it the numbering.
    public func dropEvents(collectedBefore time: Timestamp) async throws {
        // Times are written in UTC and to the same length, so their order as text is their order.
        let sql = """
            DELETE FROM event WHERE machine IN (
                SELECT id FROM machine WHERE state = ? AND ? > (
                    SELECT json_extract(event, '$.time') FROM event WHERE machine = id ORDER BY sequence DESC LIMIT 1
                )
            ) AND sequence < (SELECT MAX(sequence) FROM event AS later WHERE later.machine = event.machine)
            """
        let arguments: StatementArguments = [MachineState.collected.rawValue, time.description]
        try await database.change { try $0.execute(sql: sql, arguments: arguments) }
    }
}
