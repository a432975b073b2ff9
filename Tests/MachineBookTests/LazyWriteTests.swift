import GRDB
import ShopAPI
import Testing
import VMShopTesting

@testable import MachineBook

@Suite("writes that need not be flushed by themselves")
struct LazyWriteTests {
    @Test("leave the connection as it was: after one, after one that throws, after one that is cancelled")
    func flushes() async throws {
        try await TemporaryDirectory.with { directory in
            let database = try BookDatabase.open(path: directory("book.sqlite")) { _ in }
            func synchronous() async throws -> Int? {
                try await database.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
            }
            let (full, normal) = (2, 1)
            #expect(try await synchronous() == full)
            let meanwhile = try await database.writeLazily { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
            #expect(meanwhile == normal)
            #expect(try await synchronous() == full)

            await #expect(throws: ServiceError.self) {
                try await database.writeLazily { _ in throw ServiceError(.refused, "no") }
            }
            #expect(try await synchronous() == full)

            for _ in 0..<50 {
                let task = Task {
                    try await database.writeLazily { try $0.execute(sql: "UPDATE heartbeat SET number = number + 1") }
                }
                task.cancel()
                _ = await task.result
            }
            #expect(try await synchronous() == full)
        }
    }

    @Test("are flushed with others that must be, and seen at once")
    func together() async throws {
        try await TemporaryDirectory.with { directory in
            let database = try BookDatabase.open(path: directory("book.sqlite")) { _ in }
            let commits = GroupCommit(database)
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await commits.write(isLazy: number % 3 != 0) { database in
                            try database.execute(sql: "UPDATE heartbeat SET number = number + 1")
                            return try Int.fetchOne(database, sql: "PRAGMA synchronous")
                        }
                    }
                }
                for try await synchronous in group { #expect(synchronous == 1 || synchronous == 2) }
            }
            let count = try await database.read { try Int.fetchOne($0, sql: "SELECT number FROM heartbeat") }
            #expect(count == 41, "one is that of the start")
        }
    }
}
