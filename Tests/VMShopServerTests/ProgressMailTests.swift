import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("what plants tell of machines that are followed", .timeLimit(.minutes(1)))
struct ProgressMailTests {
    private static let plant = "http://1"
    private let mail = ProgressMail()
    private let id = MachineID.new()

    private func page(_ number: Int, of id: MachineID? = nil) -> EventPage {
        let id = id ?? self.id
        let machine = Machine(id: id, name: "m", state: .creating, domain: "d", requestDigest: "", created: .now)
        let event = MachineEvent(sequence: number, kind: .step, message: "step \(number)")
        return EventPage(events: [event], state: .creating, machine: machine, after: number - 1)
    }

    @Test("what comes is kept in order for who follows the machine, also what comes before it is waited for")
    func order() async {
        await mail.take([], from: Self.plant)
        await mail.open(id, at: Self.plant)
        await mail.take([page(1), page(1, of: .new()), page(2)], from: Self.plant)
        await mail.take([page(9)], from: "http://2")
        let page = await mail.next(id, atMost: .seconds(10))
        #expect(page?.events.map(\.sequence) == [1, 2] && page?.after == 0)
        await mail.take([self.page(3)], from: Self.plant)
        #expect(await mail.next(id, atMost: .seconds(10))?.events.map(\.sequence) == [3])
    }

    @Test("who waits is told at once")
    func waiting() async {
        await mail.take([], from: Self.plant)
        await mail.open(id, at: Self.plant)
        async let next = mail.next(id, atMost: .seconds(60))
        await mail.take([page(1)], from: Self.plant)
        #expect(await next?.events.map(\.sequence) == [1])
    }

    @Test("where a plant does not tell, nothing is waited for")
    func silent() async {
        await mail.open(id, at: Self.plant)
        #expect(await mail.next(id, atMost: .seconds(60)) == nil)
        #expect(await !mail.restart(id))
        // It begins to tell, but of what happened before nobody knows.
        await mail.take([page(5)], from: Self.plant)
        #expect(await mail.next(id, atMost: .seconds(60)) == nil)
        #expect(await mail.restart(id))
        await mail.take([page(6)], from: Self.plant)
        #expect(await mail.next(id, atMost: .seconds(60))?.events.map(\.sequence) == [6])
    }

    @Test("a stream that ends, a time that is over, and who is cancelled")
    func ends() async throws {
        await mail.take([], from: Self.plant)
        await mail.open(id, at: Self.plant)
        async let ended = mail.next(id, atMost: .seconds(60))
        try await Task.sleep(for: .milliseconds(20))
        await mail.end(Self.plant)
        #expect(await ended == nil)
        #expect(await !mail.isWhole(id))
        await mail.take([], from: Self.plant)
        #expect(await mail.restart(id))
        async let late = mail.next(id, atMost: .milliseconds(1))
        try await Task.sleep(for: .milliseconds(20))
        await mail.endOldWaits()
        #expect(await late == nil)
        let waiting = Task { [mail, id] in await mail.next(id, atMost: .seconds(60)) }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }

    @Test(
        "what nobody reads is not kept without end, and what has gaps not at all: then it is not relied on",
        arguments: [Array(1...1_001), [1, 3]]
    )
    func overflow(numbers: [Int]) async {
        await mail.take([], from: Self.plant)
        await mail.open(id, at: Self.plant)
        for number in numbers { await mail.take([page(number)], from: Self.plant) }
        #expect(await mail.next(id, atMost: .seconds(60)) == nil)
        #expect(await mail.restart(id))
        await mail.take([page(1_002)], from: Self.plant)
        #expect(await mail.next(id, atMost: .seconds(60))?.events.map(\.sequence) == [1_002])
    }
}
