import ShopAPI
import Testing

@testable import VMShopSimulator

@Suite("the clock of simulated sites")
struct VirtualClockTests {
    /// Lets time pass until nobody sleeps; others have time to fall asleep.
    private static func run(_ clock: VirtualClock, sleepers: Int) async throws {
        var woken = 0
        while woken < sleepers {
            woken += clock.advance() ? 1 : 0
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test("who sleeps longer wakes later, and time passes from one end to the next")
    func order() async throws {
        let clock = VirtualClock()
        let (woken, wake) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hours in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(until: clock.beginning + .seconds(3_600 * hours))
                    #expect(clock.elapsed == .seconds(3_600 * hours))
                    wake.yield(hours)
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            try await Self.run(clock, sleepers: 3)
            try await group.waitForAll()
        }
        wake.finish()
        #expect(await woken.reduce(into: []) { $0.append($1) } == [1, 2, 3])
    }

    @Test("nobody wakes by himself")
    func standstill() async throws {
        let clock = VirtualClock()
        let sleep = Task { try await clock.sleep(for: .nanoseconds(1)) }
        try await Task.sleep(for: .milliseconds(50))
        #expect(clock.elapsed == .zero)
        #expect(clock.advance() && !clock.advance())
        try await sleep.value
    }

    @Test(
        "the sleep of a cancelled task, of a dead process and of all when the clock stops ends at once, with an error"
    )
    func disturbance() async throws {
        let clock = VirtualClock()
        let process = SimulatedProcess(clock)
        let cancelled = Task { try await clock.sleep(for: .seconds(1)) }
        let killed = Task { try await process.sleep(until: clock.now + .seconds(1)) }
        let left = Task { try await clock.sleep(for: .seconds(1)) }
        try await Task.sleep(for: .milliseconds(50))
        cancelled.cancel()
        process.kill()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        await #expect(throws: CancellationError.self) { try await killed.value }
        clock.stop()
        await #expect(throws: CancellationError.self) { try await left.value }
        await #expect(throws: CancellationError.self) { try await clock.sleep(for: .seconds(1)) }
        await #expect(throws: CancellationError.self) { try await process.sleep(until: clock.now) }
    }
}
