import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@Suite("the book of machines", .timeLimit(.minutes(1)))
struct MachineStoreTests {
    @Test("an id is inserted once; whoever comes later sees what is there")
    func insertOnce() async throws {
        try await withStore { store in
            let record = record(.creating)
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 { group.addTask { try await store.insert(record).isNew } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 }.count == 1)
            var other = record
            other.machine.name = "other"
            #expect(try await store.insert(other).record == record)
            #expect(try await store.events(of: record.id, after: 0, wait: .zero).events.count == 1)
        }
    }

    @Test("what is checked at the insertion keeps a new machine out, and says nothing of one that is there")
    func checkedInsertion() async throws {
        try await withStore { store in
            let record = record(.creating)
            await #expect(throws: CancellationError.self) {
                try await store.insert(record) { _ in throw CancellationError() }
            }
            await #expect(throws: CancellationError.self) {
                try await store.insert(record, addition: { _ in throw CancellationError() })
            }
            #expect(try await store.record(record.id) == nil)
            #expect(try await store.countHolding() == 0)
            _ = try await store.insert(record)
            #expect(try await store.insert(record) { _ in throw CancellationError() }.isNew == false)
            #expect(try await store.countHolding() == 1)
            #expect(try await store.ids(in: [.creating]) == [record.id])
            #expect(try await store.ids(in: [.ready, .failed]).isEmpty)
        }
    }

    @Test("only the transitions of the table are made; a refused one changes nothing", arguments: MachineState.allCases)
    func transitions(from: MachineState) async throws {
        try await withStore { store in
            for to in MachineState.allCases where to != from {
                let record = record(from)
                _ = try await store.insert(record)
                if from.successors.contains(to) {
                    #expect(try await store.update(record.id) { $0.machine.state = to }.machine.state == to)
                } else {
                    let error = await #expect(throws: ServiceError.self) {
                        try await store.update(record.id, events: [MachineEvent(kind: .step, message: "x")]) {
                            $0.machine.state = to
                        }
                    }
                    #expect(error?.code == .machineBusy)
                    #expect(try await store.record(record.id) == record)
                    #expect(try await store.events(of: record.id, after: 0, wait: .zero).events.count == 1)
                }
            }
        }
    }

    @Test("what a change throws undoes it, and an unknown machine is said to be unknown")
    func failedChange() async throws {
        try await withStore { store in
            let record = record(.ready)
            _ = try await store.insert(record)
            await #expect(throws: CancellationError.self) {
                try await store.update(record.id) {
                    $0.machine.name = "changed"
                    throw CancellationError()
                }
            }
            #expect(try await store.record(record.id) == record)
            let error = await #expect(throws: ServiceError.self) { try await store.update(.new()) { _ in } }
            #expect(error?.code == .machineUnknown)
            let unknown = await #expect(throws: ServiceError.self) {
                try await store.events(of: .new(), after: 0, wait: .zero)
            }
            #expect(unknown?.code == .machineUnknown)
        }
    }

    @Test("events are numbered from 1 without gaps, whoever writes them at once")
    func numbering() async throws {
        try await withStore { store in
            let ids = [record(.creating), record(.creating)]
            for record in ids { _ = try await store.insert(record) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    let id = ids[number % 2].id
                    group.addTask {
                        let event = MachineEvent(kind: .step, message: "\(number)")
                        if number % 3 == 0 {
                            try await store.note(event, on: id)
                        } else {
                            try await store.update(id, events: [event]) { _ in }
                        }
                    }
                }
                try await group.waitForAll()
            }
            for record in ids {
                let page = try await store.events(of: record.id, after: 0, wait: .zero)
                #expect(page.events.map(\.sequence) == Array(1...31))
                #expect(
                    try await store.events(of: record.id, after: 29, wait: .zero).events.map(\.sequence) == [30, 31]
                )
            }
        }
    }

    @Test("a record comes back as it was written, also from another connection")
    func persistence() async throws {
        try await TemporaryDirectory.with { directory in
            var written = record(.ready)
            written.machine.attributes["Depth"] = .real(0.25)
            written.document = [0, 255, 60]
            _ = try await MachineStore<Extra>(BookDatabase.open(path: directory("book.sqlite")) { _ in }).insert(
                written
            )
            let again = MachineStore<Extra>(try BookDatabase.open(path: directory("book.sqlite")) { _ in })
            #expect(try await again.record(written.id) == written)
            #expect(try await again.records(in: [.ready, .lost]) == [written])
            #expect(try await again.records(in: [.lost]).isEmpty)
        }
    }
}

struct Extra: Codable, Sendable, Hashable { var note = "" }

func record(_ state: MachineState) -> MachineRecord<Extra> {
    let machine = Machine(
        id: .new(),
        name: "m",
        state: state,
        domain: "d",
        requestDigest: "digest",
        created: Timestamp(milliseconds: 1_700_000_000_000)
    )
    return MachineRecord(machine: machine, document: [1, 2, 3], extra: Extra())
}

func withStore(_ test: (MachineStore<Extra>) async throws -> Void) async throws {
    try await TemporaryDirectory.with { directory in
        try await test(MachineStore(BookDatabase.open(path: directory("book.sqlite")) { _ in }))
    }
}
