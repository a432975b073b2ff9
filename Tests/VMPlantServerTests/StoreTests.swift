import CostModel
import DAGModel
import GRDB
import MachineBook
import NetStore
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("the plant's own tables", .timeLimit(.minutes(1)))
struct StoreTests {
    @Test("a journal is undone in the reverse order, and knows what may only be meant")
    func journal() async throws {
        try await withDatabase { database in
            let (journal, id) = (Journal(database: database), try await insert(.creating, database))
            for resource in [HostResource.lease, .network, .dataDisk(serial: "a b/é")] {
                let entry = try await journal.intend(resource, for: id)
                if resource != .network { try await journal.complete(entry) }
            }
            let entries = try await journal.entriesToUndo(of: id)
            #expect(entries.map(\.resource) == [.dataDisk(serial: "a b/é"), .network, .lease])
            #expect(entries.map(\.ordinal) == [3, 2, 1] && entries.map(\.state) == [.held, .intent, .held])
            #expect(try await journal.machines() == [id])
            for entry in entries { try await journal.forget(entry) }
            #expect(try await journal.machines().isEmpty)
        }
    }

    @Test("a disk of a serial is attached once, by one action, and keeps its place")
    func dataDisks() throws {
        func entry(_ serial: String, _ action: String?, _ state: JournalEntry.State) -> JournalEntry {
            let resource = HostResource.dataDisk(serial: serial, action: action)
            return JournalEntry(machine: .new(), ordinal: 1, resource: resource, state: state)
        }
        let entries = [
            entry("x", "a", .held), entry("y", "b", .intent), entry("y", "b", .intent), entry("old", nil, .held),
        ]
        #expect(DataDiskPlace(of: "x", for: "a", in: entries) == .attached)
        #expect(DataDiskPlace(of: "x", for: "c", in: entries) == .taken(.dataDisk(serial: "x", action: "a")))
        #expect(DataDiskPlace(of: "y", for: "c", in: entries) == .free(1))
        #expect(DataDiskPlace(of: "z", for: "c", in: entries) == .free(3))
        #expect(DataDiskPlace(of: "old", for: "c", in: entries) == .attached)
        let old = try WireCoding.decode(HostResource.self, from: #"{"dataDisk":{"serial":"x"}}"#.utf8)
        #expect(old == .dataDisk(serial: "x"))
    }

    @Test("behind a tombstone nothing is acquired", arguments: MachineState.allCases)
    func journalGuard(state: MachineState) async throws {
        try await withDatabase { database in
            let (journal, id) = (Journal(database: database), try await insert(state, database))
            if [.creating, .configuring].contains(state) {
                #expect(try await journal.intend(.disk, for: id).ordinal == 1)
            } else {
                await expect(code: .cancelled) { try await journal.intend(.disk, for: id) }
                #expect(try await journal.machines().isEmpty)
            }
        }
    }

    @Test("jobs are numbered one after the other, each with a nonce of its own")
    func jobs() async throws {
        try await withDatabase { database in
            let (jobs, id) = (JobBook(database: database), try await insert(.creating, database))
            #expect(try await jobs.open("a", of: id) == nil)
            let first = try await jobs.begin("a", of: id)
            #expect(try await jobs.open("a", of: id) == first)
            let second = try await jobs.begin("b", of: id)
            #expect([first.sequence, second.sequence] == [1, 2] && first.nonce != second.nonce)
            try await jobs.close("a", of: id)
            #expect(try await jobs.open("a", of: id) == nil)
            #expect(try await jobs.open("b", of: id) == second)
            // The number goes on while the share is there: job 1 of `a` is still in it.
            #expect(try await jobs.begin("a", of: id).sequence == 3)
            try await jobs.forget(id)
            #expect(try await jobs.open("b", of: id) == nil)
            #expect(try await jobs.begin("a", of: id).sequence == 1)
        }
    }

    @Test("an expectation follows what was seen, and falls back from the action to its operation")
    func durations() async throws {
        try await withDatabase { database in
            let book = DurationBook(database: database)
            let key = DurationBook.Subject.key(Action(id: "a", operation: .script("a")).key)
            let subjects = [key, .operation("script")]
            #expect(try await book.expected(subjects) == ExpectedDuration(assumed: 0.5))
            #expect(try await book.expected([.boot(image: "small")]).seconds == 3)
            try await book.learn([.operation("script")], seconds: 4)
            #expect(try await book.expected(subjects).seconds == 4)
            for seconds in [10.0, 11, 12, 90] { try await book.learn([key], seconds: seconds) }
            let expected = try await book.expected(subjects)
            #expect(expected.seconds == 11 && expected.ninetieth == 90)
            #expect(expected.basis == "4 runs of this very step")
        }
    }

    @Test("the newest samples are kept, and old ones count less")
    func olderSamples() async throws {
        try await withDatabase { database in
            var book = DurationBook(database: database, now: { 0 })
            for _ in 0..<DurationBook.samplesKept * 2 { try await book.learn([.operation("user")], seconds: 9) }
            let count = try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM durationSample") }
            #expect(count == DurationBook.samplesKept)
            book.now = { 400 * 86_400 }
            try await book.learn([.operation("user")], seconds: 1)
            #expect(try await book.expected([.operation("user")]).seconds == 1)
        }
    }

    @Test("of very many steps those that were seen least lately are forgotten, in the database too")
    func manySteps() async throws {
        try await withDatabase { database in
            let keys = (0..<60).map { Action(id: "a", operation: .script("step \($0)")).key }
            var book = DurationBook(database: database, memory: DurationMemory(limit: 50))
            try await book.learn([.boot(image: "small")], seconds: 3)
            _ = try await book.expected([.anyBoot])
            for (time, key) in keys.enumerated() {
                book.now = { Double(time) }
                try await book.learn([.key(key), .operation("script")], seconds: 2)
            }
            let known = try await Self.subjects(database)
            #expect(known.count <= 50 && known.count >= 45, "\(known.count)")
            #expect(known.contains("boot:small") && known.contains("operation:script"))
            #expect(try await book.learned(keys[59]) != nil)
            #expect(try await book.learned(keys[0]) == nil)

            // A plant that starts anew reads no more than it may remember.
            let next = DurationBook(database: database, memory: DurationMemory(limit: 10), now: { 60 })
            #expect(try await next.learned(keys[59]) != nil)
            #expect(try await next.learned(keys[40]) == nil)
            #expect(try await Self.subjects(database).count <= 10)
        }
    }

    private static func subjects(_ database: DatabasePool) async throws -> Set<String> {
        try await database.read { try String.fetchSet($0, sql: "SELECT DISTINCT subject FROM durationSample") }
    }

    private func withDatabase(_ test: (DatabasePool) async throws -> Void) async throws {
        try await TemporaryDirectory.with { try await test(PlantDatabase.open(path: $0("plant.sqlite"))) }
    }

    private func insert(_ state: MachineState, _ database: DatabasePool) async throws -> MachineID {
        let machine = Machine(id: .new(), name: "m", state: state, domain: "d", requestDigest: "", created: .now)
        let record = PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 1))
        return try await MachineStore<PlantExtra>(database).insert(record).record.id
    }
}
