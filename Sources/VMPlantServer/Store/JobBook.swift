import GRDB
import MachineBook
import ShopAPI

/// A job that was put into a machine's share for an action and whose result has not been taken yet.
struct OpenJob: Sendable, Hashable {
    /// Its number among the jobs of its machine, from 1.
    var sequence: Int
    var nonce: String
}

/// The open jobs. A plant that restarts waits for a job that was already given to the guest; it does not give it twice.
struct JobBook: Sendable {
    let database: any DatabaseWriter

    /// The open job of an action, if there is one.
    func open(_ action: String, of machine: MachineID) async throws -> OpenJob? {
        try await database.read { database in
            let sql = "SELECT sequence, nonce FROM job WHERE machine = ? AND action = ?"
            return try Row.fetchOne(database, sql: sql, arguments: [machine.text, action])
                .map { OpenJob(sequence: $0["sequence"], nonce: $0["nonce"]) }
        }
    }

    /// Numbers a new job for an action and records it as open.
    func begin(_ action: String, of machine: MachineID) async throws -> OpenJob {
        let nonce = MachineID.new().text
        return try await database.writeLazily { database in
            let sql = """
                INSERT INTO jobCount (machine, jobs) VALUES (?, 1)
                ON CONFLICT (machine) DO UPDATE SET jobs = jobs + 1 RETURNING jobs
                """
            let number = try Int.fetchOne(database, sql: sql, arguments: [machine.text]) ?? 1
            try database.execute(
                sql: "INSERT OR REPLACE INTO job (machine, action, sequence, nonce) VALUES (?, ?, ?, ?)",
                arguments: [machine.text, action, number, nonce]
            )
            return OpenJob(sequence: number, nonce: nonce)
        }
    }

    /// Forgets the jobs of a machine and their count, when its share is gone.
    func forget(_ machine: MachineID) async throws {
        try await database.writeLazily { database in
            for table in ["job", "jobCount"] {
                try database.execute(sql: "DELETE FROM \(table) WHERE machine = ?", arguments: [machine.text])
            }
        }
    }

    /// Forgets the job of an action, or of all actions of a machine.
    func close(_ action: String?, of machine: MachineID) async throws {
        try await database.writeLazily { database in
            try database.execute(
                sql: "DELETE FROM job WHERE machine = ? AND (?2 IS NULL OR action = ?2)",
                arguments: [machine.text, action]
            )
        }
    }
}
