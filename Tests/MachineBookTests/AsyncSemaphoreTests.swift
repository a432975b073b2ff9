import MachineBook
import Testing
import VMShopTesting

@Suite("how many tasks are let through at a time", .timeLimit(.minutes(1)))
struct AsyncSemaphoreTests {
    @Test("no more than the limit, and all of them in the end", arguments: [1, 2, 5])
    func limit(_ limit: Int) async throws {
        let (semaphore, count) = (AsyncSemaphore(limit), Counter())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await semaphore.run {
                        #expect(await count.enter() <= limit)
                        await Task.yield()
                        await count.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await count.total == 40)
    }

    @Test("those who wait get in when the limit is raised; with a lower one as many as that do")
    func changes() async throws {
        let (semaphore, count) = (AsyncSemaphore(1), Counter())
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let all = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await semaphore.run {
                            _ = await count.enter()
                            for await _ in gate {}
                            await count.leave()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await Eventually.holds("one is in") { await count.total == 1 }
        await semaphore.set(limit: 3)
        try await Eventually.holds("three are in") { await count.total == 3 }
        await semaphore.set(limit: 1)
        opener.finish()
        try await all.value
        #expect(await count.total == 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await semaphore.run {
                        #expect(await count.enter() == 1)
                        await Task.yield()
                        await count.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("one that takes longer than the patience holds up no other, and gives its place back once")
    func patience() async throws {
        let semaphore = AsyncSemaphore(patience: .milliseconds(20))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (entries, entered) = AsyncStream.makeStream(of: Void.self)
        let slow = Task {
            try await semaphore.run {
                entered.finish()
                for await _ in gate {}
            }
        }
        for await _ in entries {}
        let count = Counter()
        try await semaphore.run { _ = await count.enter() }
        opener.finish()
        try await slow.value
        await count.leave()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await semaphore.run {
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
        let semaphore = AsyncSemaphore()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (entries, entered) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await semaphore.run {
                entered.finish()
                for await _ in gate {}
            }
        }
        for await _ in entries {}
        let waiter = Task { try await semaphore.run {} }
        let behind = Task { try await semaphore.run { true } }
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
