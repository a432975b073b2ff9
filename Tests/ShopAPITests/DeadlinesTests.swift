import Testing

@testable import ShopAPI

@Suite("deadlines", .timeLimit(.minutes(1)))
struct DeadlinesTests {
    private struct Broken: Error {}

    @Test("what ends in time has its value, or its own error")
    func inTime() async throws {
        let end = ContinuousClock.now + .seconds(60)
        #expect(try await ending(by: end) { 7 } == 7)
        await #expect(throws: Broken.self) { try await ending(by: end) { throw Broken() } }
    }

    @Test("what does not is cancelled, soon after its time")
    func late() async {
        let began = ContinuousClock.now
        await #expect(throws: DeadlinePassed.self) {
            try await ending(by: began + .milliseconds(50)) { try await Task.sleep(for: .seconds(60)) }
        }
        #expect(.now - began >= .milliseconds(50))
    }

    @Test("who is cancelled is told so, and not that the time was over")
    func cancelled() async {
        let waiting = Task {
            try await ending(by: .now + .seconds(60)) { try await Task.sleep(for: .seconds(60)) }
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("many at once, each at its time; then the clock stands still, and goes on for the next")
    func many() async {
        for _ in 1...2 {
            await withTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        let began = ContinuousClock.now
                        let limit = Duration.milliseconds(number)
                        await #expect(throws: DeadlinePassed.self) {
                            try await ending(by: began + limit) { try await Task.sleep(for: .seconds(60)) }
                        }
                        #expect(.now - began >= limit)
                    }
                }
            }
        }
    }
}
