import GRDB
import MachineBook
import ShopAPI

/// The rounds of bids that machines were placed by. They are kept as long as the machine's events.
struct RoundBook: Sendable {
    let database: any DatabaseWriter

    /// More rounds than this are not kept of one machine: the first ones go.
    static let mostRounds = 8

    /// The rounds of a machine, in order.
    func rounds(of machine: MachineID) async throws -> [PlacementRound] {
        try await database.look { database in
            let sql = "SELECT body FROM placementRound WHERE machine = ? ORDER BY number"
            var rounds = try String.fetchAll(database, sql: sql, arguments: [machine.text])
                .map { try WireCoding.decode(PlacementRound.self, from: $0.utf8) }
            let attempts = try Self.attempts(of: machine, database)
            for index in rounds.indices { rounds[index].attempts = attempts[rounds[index].number] ?? [] }
            return rounds
        }
    }

    /// The bids that were taken up, by the number of their round.
    private static func attempts(
        of machine: MachineID,
        _ database: Database
    ) throws -> [Int: [PlacementRound.Attempt]] {
        let sql = "SELECT * FROM placementAttempt WHERE machine = ? ORDER BY round, number"
        let rows = try Row.fetchAll(database, sql: sql, arguments: [machine.text])
        return Dictionary(grouping: rows) { $0["round"] as Int }.mapValues { rows in
            rows.map { row in
                var attempt = PlacementRound.Attempt(
                    plant: row["plant"],
                    time: Timestamp(milliseconds: row["time"])
                )
                attempt.failure = row["failure"]
                attempt.isDone = row["isDone"]
                return attempt
            }
        }
    }

    /// Forgets the rounds of machines whose events were dropped.
    func dropOld() async throws {
        let sql = """
            DELETE FROM placementRound WHERE machine IN (SELECT id FROM machine WHERE state = ?)
            AND (SELECT COUNT(*) FROM event WHERE event.machine = placementRound.machine) <= 1
            """
        try await database.change { try $0.execute(sql: sql, arguments: [MachineState.collected.rawValue]) }
    }

    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("shop-4") { database in
            try database.execute(
                sql: """
                    CREATE TABLE placementRound (
                        machine TEXT NOT NULL REFERENCES machine (id),
                        number INTEGER NOT NULL,
                        body TEXT NOT NULL,  -- the round as JSON
                        PRIMARY KEY (machine, number)
                    ) WITHOUT ROWID;
                    """
            )
        }
        // A round is written once; what comes of its bids is a row each.
        migrator.registerMigration("shop-6") { database in
            try database.execute(
                sql: """
                    CREATE TABLE placementAttempt (
                        machine TEXT NOT NULL,
                        round INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        plant TEXT NOT NULL,
                        time INTEGER NOT NULL,  -- milliseconds since 1970
                        failure TEXT,
                        isDone INTEGER NOT NULL DEFAULT 0,
                        PRIMARY KEY (machine, round, number),
                        FOREIGN KEY (machine, round) REFERENCES placementRound (machine, number) ON DELETE CASCADE
                    ) WITHOUT ROWID;
                    INSERT INTO placementAttempt (machine, round, number, plant, time, failure, isDone)
                        SELECT machine, placementRound.number, attempt.key + 1, attempt.value ->> 'plant',
                            ROUND((julianday(attempt.value ->> 'time') - 2440587.5) * 86400000),
                            attempt.value ->> 'failure', attempt.value ->> 'isDone'
                        FROM placementRound, json_each(placementRound.body, '$.attempts') AS attempt;
                    """
            )
        }
    }
}

extension MachineTransaction where Extra == ShopExtra {
    /// Records a new round of bids.
    func begin(_ round: Round, of machine: MachineID) throws {
        let last = try database.cachedStatement(sql: "SELECT MAX(number) FROM placementRound WHERE machine = ?")
        let number = (try Int.fetchOne(last, arguments: [machine.text]) ?? 0) + 1
        if number > RoundBook.mostRounds {
            try database.cachedStatement(sql: "DELETE FROM placementRound WHERE machine = ? AND number <= ?")
                .execute(arguments: [machine.text, number - RoundBook.mostRounds])
        }
        let bids = round.offers.map(\.bid)
        let kept = PlacementRound(number: number, time: .now, way: round.way, bids: bids, refusals: round.refusals)
        try database.cachedStatement(sql: "INSERT INTO placementRound (machine, number, body) VALUES (?, ?, ?)")
            .execute(arguments: [machine.text, number, try WireCoding.text(kept)])
    }

    /// Records that a plant is told to make the machine.
    func tell(_ plant: String, of machine: MachineID) throws {
        let sql = """
            INSERT INTO placementAttempt (machine, round, number, plant, time)
            SELECT machine, number,
                1 + (SELECT COUNT(*) FROM placementAttempt AS a WHERE a.machine = r.machine AND a.round = r.number), ?, ?
            FROM placementRound AS r WHERE machine = ? ORDER BY number DESC LIMIT 1
            """
        try database.cachedStatement(sql: sql)
            .execute(arguments: [plant, Timestamp.now.milliseconds, machine.text])
    }

    /// Records what came of telling the last plant.
    func settle(_ machine: MachineID, failure: String?) throws {
        let sql = """
            UPDATE placementAttempt SET failure = ?, isDone = ? WHERE machine = ?
            AND round = (SELECT MAX(number) FROM placementRound AS r WHERE r.machine = placementAttempt.machine)
            AND number = (SELECT MAX(number) FROM placementAttempt AS a
                WHERE a.machine = placementAttempt.machine AND a.round = placementAttempt.round)
            """
        try database.cachedStatement(sql: sql).execute(arguments: [failure, failure == nil, machine.text])
    }
}
