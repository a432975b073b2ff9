import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@Suite("What a book does not keep, and what it does not open", .timeLimit(.minutes(1)))
struct BookUpkeepTests {
    @Test("events of machines collected before a time are dropped but for the last; the numbering goes on")
    func events() async throws {
        try await withStore { store in
            let (old, new, living) = (record(.collecting), record(.collecting), record(.ready))
            for record in [old, new, living] {
                _ = try await store.insert(record)
                let time = Timestamp(milliseconds: record == old ? 1_000 : 3_000)
                for number in 1...3 {
                    try await store.note(MachineEvent(time: time, kind: .step, message: "\(number)"), on: record.id)
                }
            }
            try await store.database.write { database in
                try database.execute(sql: "UPDATE machine SET state = 'collected' WHERE state = 'collecting'")
            }
            try await store.dropEvents(collectedBefore: Timestamp(milliseconds: 2_000))
            for (record, numbers) in [(old, [4]), (new, [1, 2, 3, 4]), (living, [1, 2, 3, 4])] {
                let page = try await store.events(of: record.id, after: 0, wait: .zero)
                #expect(page.events.map(\.sequence) == numbers)
            }
            try await store.note(MachineEvent(kind: .step, message: "late"), on: old.id)
            #expect(try await store.events(of: old.id, after: 4, wait: .zero).events.map(\.sequence) == [5])
        }
    }

    @Test("rows without their documents tell one that has a document from one that has none")
    func withoutDocuments() async throws {
        try await withStore { store in
            var empty = record(.ready)
            empty.document = []
            let full = record(.ready)
            for record in [empty, full] { _ = try await store.insert(record) }
            let found = try await store.records(in: [.ready], documents: false)
            #expect(found.map(\.document.isEmpty) == [empty, full].sorted { $0.id < $1.id }.map(\.document.isEmpty))
            #expect(try await store.ids(in: [.ready]) == found.map(\.id))
            #expect(try await store.machines(in: [.ready]) == found.map(\.machine))
            #expect(try await store.records(in: [.ready], after: found[0].id).map(\.id) == [found[1].id])
            #expect(try await store.records(in: [.ready], through: found[0].id).map(\.id) == [found[0].id])
        }
    }

    @Test("what is the same afterwards is not written")
    func noChange() async throws {
        try await withStore { store in
            let record = record(.ready)
            _ = try await store.insert(record)
            let before = try await Self.changes(store)
            _ = try await store.update(record.id) { $0.machine.name = record.machine.name }
            #expect(try await Self.changes(store) == before)
        }
    }

    @Test("a database of a newer version is refused, and stays as it is")
    func newer() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory("book.sqlite")
            let newer = try BookDatabase.open(path: path) { migrator in
                migrator.registerMigration("later") { try $0.execute(sql: "CREATE TABLE later (id INTEGER)") }
            }
            try newer.close()
            #expect(throws: ServiceError.self) { try BookDatabase.open(path: path) { _ in } }
            _ = try BookDatabase.open(path: path) { migrator in migrator.registerMigration("later") { _ in } }
        }
    }

    private static func changes(_ store: MachineStore<Extra>) async throws -> Int {
        try await store.database.writeWithoutTransaction { database in
            try Int.fetchOne(database, sql: "SELECT total_changes()") ?? 0
        }
    }
}
