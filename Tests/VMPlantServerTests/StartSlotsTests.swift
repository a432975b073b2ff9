import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("how many guests start at a time", .timeLimit(.minutes(1)))
struct StartSlotsTests {
    @Test("no more than there are slots, and all get one")
    func limit() async throws {
        let (slots, count) = (StartSlots(2), Counter())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await slots.run {
                        #expect(await count.enter() <= 2)
                        await Task.yield()
                        await count.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await count.total == 40)
    }

    @Test("one that takes long holds up no other, and its slot is given back once")
    func patience() async throws {
        let slots = StartSlots(1, patience: .milliseconds(20))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (entries, entered) = AsyncStream.makeStream(of: Void.self)
        let slow = Task {
            try await slots.run {
                entered.finish()
                for await _ in gate {}
            }
        }
        for await _ in entries {}
        let count = Counter()
        try await slots.run { _ = await count.enter() }
        opener.finish()
        try await slow.value
        await count.leave()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await slots.run {
                        #expect(await count.enter() == 1)
                        await Task.yield()
                        await count.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("who is cancelled while waiting leaves the queue, and those behind get in")
    func cancellation() async throws {
        let slots = StartSlots(1, patience: .seconds(100))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (entries, entered) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await slots.run {
                entered.finish()
                for await _ in gate {}
            }
        }
        for await _ in entries {}
        let waiter = Task { try await slots.run {} }
        let behind = Task { try await slots.run { true } }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        opener.finish()
        try await holder.value
        #expect(try await behind.value)
    }

    private actor Counter {
        private var inside = 0
        private(set) var total = 0

        func enter() -> Int {
            inside += 1
            total += 1
            return inside
        }

        func leave() { inside -= 1 }
    }
}
