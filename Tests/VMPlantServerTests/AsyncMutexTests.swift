import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("a mutex over suspensions", .timeLimit(.minutes(1)))
struct AsyncMutexTests {
    @Test("one at a time, and in order")
    func exclusive() async throws {
        let mutex = AsyncMutex()
        let count = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await mutex.run {
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
        let mutex = AsyncMutex()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (entries, entered) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await mutex.run {
                entered.finish()
                for await _ in gate {}
            }
        }
        for await _ in entries {}
        let waiter = Task { try await mutex.run {} }
        let behind = Task { try await mutex.run { true } }
        waiter.cancel()
        // It ends although the mutex is held.
        await #expect(throws: CancellationError.self) { try await waiter.value }
        opener.finish()
        try await holder.value
        #expect(try await behind.value)
    }

    private actor Counter {
        private var inside = 0

        func enter() -> Int {
            inside += 1
            return inside
        }

        func leave() { inside -= 1 }
    }
}
