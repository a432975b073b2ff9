import Glibc
import Synchronization
import Testing

@testable import Libvirt

@Suite("deadlines")
struct DeadlineTests {
    @Test("a call that hangs is given up, and finishes by itself", .timeLimit(.minutes(1)))
    func abandoned() async throws {
        let world = try await TestWorld()
        let gate = Gate()
        let error = try await #require(throws: VirtError.self) {
            try await world.connection.perform("hang", deadline: .milliseconds(50)) { _ throws(VirtError) in gate.wait()
            }
        }
        #expect(error.code == .timedOut)
        #expect(!gate.hasPassed)
        gate.open()
        while !gate.hasPassed { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("calls that hang hold up no other, until there are too many", .timeLimit(.minutes(1)))
    func others() async throws {
        let world = try await TestWorld()
        let connection = world.connection
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<95 {
                group.addTask {
                    try await connection.perform("hang", deadline: .seconds(50)) { _ throws(VirtError) in gate.wait() }
                }
            }
            while gate.waiting < 95 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(try await connection.domains().isEmpty)
            group.addTask {
                try await connection.perform("hang", deadline: .seconds(50)) { _ throws(VirtError) in gate.wait() }
            }
            while gate.waiting < 96 { try await Task.sleep(for: .milliseconds(1)) }
            let error = try await #require(throws: VirtError.self) { _ = try await connection.domains() }
            #expect(error.code == .busy)
            gate.open()
            try await group.waitForAll()
        }
        #expect(try await connection.domains().isEmpty)
    }

    @Test("calls run off the cooperative pool, and cancellation does not abandon them", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let world = try await TestWorld()
        let connection = world.connection
        let gate = Gate()
        let task = Task {
            try await connection.perform("slow", deadline: .seconds(50)) { _ throws(VirtError) in
                gate.wait()
                return 7
            }
        }
        task.cancel()
        while gate.waiting < 1 { try await Task.sleep(for: .milliseconds(1)) }
        gate.open()
        #expect(try await task.value == 7)
    }
}

/// A door that threads wait at.
private final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: 0, passed: 0))

    var waiting: Int { state.withLock { $0.waiting } }
    var hasPassed: Bool { state.withLock { $0.passed > 0 } }

    func open() { state.withLock { $0.isOpen = true } }

    func wait() {
        state.withLock { $0.waiting += 1 }
        while !state.withLock({ $0.isOpen }) { usleep(1000) }
        state.withLock { $0.passed += 1 }
    }
}
