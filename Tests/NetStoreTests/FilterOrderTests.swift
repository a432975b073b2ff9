import Dispatch
import Synchronization
import Testing

@testable import NFTables
@testable import NetStore

@Suite("Guest filter, order of changes")
struct FilterOrderTests {
    @Test("A guest that is admitted while the table is being made is in it afterwards")
    func admitsDuringReplacement() async throws {
        let recorder = Recorder()
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (answered, answer) = AsyncStream.makeStream(of: Void.self)
        let filter = try GuestFilter(runner: recorder) {
            ask.yield()
            for await _ in answered { break }
            return []
        }
        async let making: Void = filter.ensureTable()
        for await _ in asked { break }
        async let admission: Void = filter.admit(secondLease(2))
        // The admission has to wait: only the maker of the table may run, and it waits for this answer.
        for _ in 0..<20 { await Task.yield() }
        #expect(recorder.commands.isEmpty)
        answer.yield()
        try await making
        try await admission
        let changes = recorder.commands.filter { !$0.hasPrefix("list ") }
        #expect(changes.count == 2)
        #expect(changes.first?.contains("delete table bridge vmshop") == true)
        #expect(changes.last?.contains("add element bridge vmshop paths") == true)
    }

    @Test("A refusal of the kernel is an error, and the filter goes on")
    func survivesRefusal() async throws {
        let recorder = Recorder(complaint: "Error: Operation not permitted")
        let filter = try GuestFilter(runner: recorder) { [] }
        await expectFailure(.refused) { try await filter.ensureTable() }
        await expectFailure(.refused) { try await filter.admit(secondLease(2)) }
        recorder.complaint.withLock { $0 = nil }
        try await filter.admit(secondLease(2))
    }

    @Test(
        "Nothing that is no tap, MAC or address comes into a command",
        arguments: [
            ("vmst0;", "52:54:00:00:00:01", "10.0.0.2"), ("vmst0", "52:54:00:00:00", "10.0.0.2"),
            ("vmst0", "52:54:00:00:00:0g", "10.0.0.2"), ("vmst0", "52:54:00:00:00:01", "10.0.0.2 }"),
            ("vmst0\" . x", "52:54:00:00:00:01", "10.0.0.2"), ("eth0", "52:54:00:00:00:01", "10.0.0.2"),
        ]
    )
    func refuses(tap: String, mac: String, address: String) async throws {
        let recorder = Recorder()
        let filter = try GuestFilter(runner: recorder) { [] }
        var lease = secondLease(2)
        (lease.tap, lease.mac, lease.address) = (tap, mac, address)
        await expectFailure(.invalid) { try await filter.admit(lease) }
        #expect(recorder.commands.isEmpty)
        #expect(throws: NetStoreError.self) { try GuestFilter(table: tap + " {", runner: recorder) { [] } }
    }

    @Test("A batch that hangs costs its deadline, and one that waited too long behind it is not carried out")
    func hangs() async throws {
        let queue = DispatchQueue(label: "test")
        let gate = DispatchSemaphore(value: 0)
        let isBegun = Atomic(false)
        for body in [{ gate.wait() }, { isBegun.store(true, ordering: .relaxed) }] as [@Sendable () -> Void] {
            await #expect(throws: NFTablesError.self) {
                try await NFTables.inTurn(on: queue, deadline: .milliseconds(50)) { () throws(NFTablesError) in body() }
            }
        }
        gate.signal()
        #expect(try await NFTables.inTurn(on: queue, deadline: .seconds(10)) { () throws(NFTablesError) in 7 } == 7)
        let isLate = isBegun.load(ordering: .relaxed)
        #expect(!isLate)
    }

    @Test("A batch that the kernel's filter cannot read is refused, with its words")
    func refusesNonsense() {
        #expect(throws: NFTablesError.self) { try NFTables.runBlocking("frobnicate everything") }
        #expect(throws: NFTablesError.self) { try NFTables.runBlocking("list ruleset\0flush ruleset") }
    }
}

/// A filter that only writes down what it is told.
final class Recorder: RuleRunner {
    private let recorded = Mutex<[String]>([])
    let complaint: Mutex<String?>

    init(complaint: String? = nil) { self.complaint = Mutex(complaint) }

    var commands: [String] { recorded.withLock { $0 } }

    func run(_ commands: String, json: Bool) async throws(NFTablesError) -> String {
        if let message = complaint.withLock({ $0 }) { throw NFTablesError(commands: commands, message: message) }
        recorded.withLock { $0.append(commands) }
        return ""
    }
}
