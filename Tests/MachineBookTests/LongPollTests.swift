import MachineBook
import ShopAPI
import Testing

@Suite("waiting for a machine's next event", .timeLimit(.minutes(1)))
struct LongPollTests {
    @Test("an event wakes all who wait for it, a change without one nobody")
    func wakes() async throws {
        try await withStore { store in
            let (record, other) = (record(.creating), record(.creating))
            for record in [record, other] { _ = try await store.insert(record) }
            try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await store.events(of: record.id, after: 1, wait: .seconds(50)).events.map(\.message)
                    }
                }
                try await Task.sleep(for: .milliseconds(50))
                try await store.update(record.id) { $0.extra.note = "silent" }
                try await store.note(MachineEvent(kind: .step, message: "another's"), on: other.id)
                try await store.note(MachineEvent(kind: .step, message: "news"), on: record.id)
                for try await messages in group { #expect(messages == ["news"]) }
            }
        }
    }

    @Test("what is there already is not waited for")
    func immediate() async throws {
        try await withStore { store in
            let record = record(.creating)
            _ = try await store.insert(record)
            let page = try await store.events(of: record.id, after: 0, wait: .seconds(50))
            #expect(page.events.map(\.state) == [.creating] && page.state == .creating)
        }
    }

    @Test("the wait ends when its time is over, with an empty page")
    func timesOut() async throws {
        try await withStore { store in
            let record = record(.creating)
            _ = try await store.insert(record)
            #expect(try await store.events(of: record.id, after: 1, wait: .milliseconds(30)).events.isEmpty)
        }
    }

    @Test("a wait that is cancelled ends at once; the others go on")
    func cancellation() async throws {
        try await withStore { store in
            let record = record(.creating)
            _ = try await store.insert(record)
            async let patient = store.events(of: record.id, after: 1, wait: .seconds(50))
            let impatient = Task { try await store.events(of: record.id, after: 1, wait: .seconds(50)) }
            try await Task.sleep(for: .milliseconds(30))
            impatient.cancel()
            await #expect(throws: CancellationError.self) { try await impatient.value }
            try await store.note(MachineEvent(kind: .step, message: "news"), on: record.id)
            #expect(try await patient.events.map(\.message) == ["news"])
        }
    }
}
