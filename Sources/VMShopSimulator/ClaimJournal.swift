import GRDB
import MachineBook
import ShopAPI

/// Where simulated plants make their claims durable: one book for all of them.
struct ClaimJournal: Sendable {
    private let database: any DatabaseWriter
    private let commits: GroupCommit

    /// The journal in a new file.
    init(path: String) throws {
        database = try BookDatabase.open(path: path) { migrator in
            migrator.registerMigration("claims") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE claim (machine TEXT NOT NULL, plant TEXT NOT NULL, PRIMARY KEY (machine, plant))
                        WITHOUT ROWID
                        """
                )
            }
        }
        commits = GroupCommit(database)
    }

    /// Notes a claim; it is on disk when this returns.
    func note(_ machine: MachineID, _ plant: String) async throws {
        try await commits.write { database in
            try database.cachedStatement(sql: "INSERT INTO claim (machine, plant) VALUES (?, ?)")
                .execute(arguments: [machine.text, plant])
        }
    }
}
