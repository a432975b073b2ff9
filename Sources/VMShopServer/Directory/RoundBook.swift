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
        try await database.read { database in
            let sql = "SELECT body FROM placementRound WHERE machine = ? ORDER BY number"
            return try String.fetchAll(database, sql: sql, arguments: [machine.text])
                .map { try WireCoding.decode(PlacementRound.self, from: $0.utf8) }
        }
    }

    /// Forgets the rounds of machines whose events were dropped.
    func dropOld() async throws {
        let sql = """
            DELETE FROM placementRound WHERE machine IN (SELECT id FROM machine WHERE state = ?)
            AND (SELECT COUNT(*) FROM event WHERE event.machine = placementRound.machine) <= 1
            """
        try await database.write { try $0.execute(sql: sql, arguments: [MachineState.collected.rawValue]) }
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
    }
}

extension MachineTransaction where Extra == ShopExtra {
    /// Records a new round of bids.
    func begin(_ round: Round, of machine: MachineID) throws {
        let last = try Int.fetchOne(
            database,
            sql: "SELECT MAX(number) FROM placementRound WHERE machine = ?",
            arguments: [machine.text]
        )
        let number = (last ?? 0) + 1
        try database.execute(
            sql: "DELETE FROM placementRound WHERE machine = ? AND number <= ?",
            arguments: [machine.text, number - RoundBook.mostRounds]
        )
        let bids = round.offers.map(\.bid)
        try save(
            PlacementRound(number: number, time: .now, way: round.way, bids: bids, refusals: round.refusals),
            of: machine
        )
    }

    /// Records that a plant is told to make the machine.
    func tell(_ plant: String, of machine: MachineID) throws {
        try change(machine) { $0.attempts.append(.init(plant: plant, time: .now)) }
    }

    /// Records what came of telling the last plant.
    func settle(_ machine: MachineID, failure: String?) throws {
        try change(machine) { round in
            guard let last = round.attempts.indices.last else { return }
            round.attempts[last].failure = failure
            round.attempts[last].isDone = failure == nil
        }
    }

    private func change(_ machine: MachineID, _ change: (inout PlacementRound) -> Void) throws {
        let sql = "SELECT body FROM placementRound WHERE machine = ? ORDER BY number DESC LIMIT 1"
        guard let body = try String.fetchOne(database, sql: sql, arguments: [machine.text]) else { return }
        var round = try WireCoding.decode(PlacementRound.self, from: body.utf8)
        change(&round)
        try save(round, of: machine)
    }

    private func save(_ round: PlacementRound, of machine: MachineID) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO placementRound (machine, number, body) VALUES (?, ?, ?)",
            arguments: [machine.text, round.number, try WireCoding.text(round)]
        )
    }
}
