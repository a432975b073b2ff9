import GRDB
import MachineBook
import Testing
import VMShopTesting

@Suite("writes that are made durable together")
struct GroupCommitTests {
    private struct Unwanted: Error {}

    private static func with(_ body: (DatabasePool, GroupCommit) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let database = try DatabasePool(path: directory("book.sqlite"))
            try await database.write { try $0.execute(sql: "CREATE TABLE number (value INTEGER PRIMARY KEY)") }
            try await body(database, GroupCommit(database))
        }
    }

    private static func add(_ value: Int, _ database: Database) throws {
        try database.execute(sql: "INSERT INTO number (value) VALUES (?)", arguments: [value])
    }

    @Test("each is all or nothing by itself, and its caller hears what came of it")
    func savepoints() async throws {
        try await Self.with { database, commits in
            let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
                for value in 0..<300 {
                    group.addTask {
                        let isDone = try? await commits.write { database in
                            try Self.add(value, database)
                            if value % 3 == 0 { throw Unwanted() }
                            // Every seventh breaks a constraint.
                            if value % 7 == 0 { try Self.add(value, database) }
                            return true
                        }
                        return (value, isDone ?? false)
                    }
                }
                var outcomes: [Int: Bool] = [:]
                for await (value, isDone) in group { outcomes[value] = isDone }
                return outcomes
            }
            let values = try await database.read {
                try Int.fetchAll($0, sql: "SELECT value FROM number ORDER BY value")
            }
            #expect(values == (0..<300).filter { $0 % 3 != 0 && $0 % 7 != 0 })
            #expect(outcomes.filter(\.value).keys.sorted() == values)
        }
    }

    @Test("one that breaks off the transaction spoils nothing for the others")
    func brokenOff() async throws {
        try await Self.with { database, commits in
            await withTaskGroup(of: Void.self) { group in
                for value in 0..<50 {
                    group.addTask {
                        _ = try? await commits.write { database in
                            try Self.add(value, database)
                            if value == 25 { try database.execute(sql: "ROLLBACK") }
                        }
                    }
                }
            }
            let count = try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM number") }
            #expect(count == 49)
        }
    }

    @Test("what is cancelled does not begin")
    func cancelled() async throws {
        try await Self.with { database, commits in
            let writing = Task {
                while !Task.isCancelled { await Task.yield() }
                try await commits.write { try Self.add(1, $0) }
            }
            writing.cancel()
            await #expect(throws: CancellationError.self) { try await writing.value }
            let count = try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM number") }
            #expect(count == 0)
        }
    }

    @Test("a caller's own next write sees what it wrote before")
    func order() async throws {
        try await Self.with { database, commits in
            for value in 0..<50 {
                let seen = try await commits.write { database in
                    try Self.add(value, database)
                    return try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM number") ?? 0
                }
                #expect(seen == value + 1)
                let count = try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM number") }
                #expect(count == value + 1)
            }
        }
    }
}
