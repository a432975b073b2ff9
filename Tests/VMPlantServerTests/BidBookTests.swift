import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("bids")
struct BidBookTests {
    let book = BidBook()
    let machine = MachineID.new()

    @Test("a bid is taken up by one machine; its repetition is no second taking")
    func once() async throws {
        let bid = await book.issue(for: "digest", lifetime: .seconds(100))
        try await book.take(bid, for: "digest", by: machine)
        try await book.take(bid, for: "digest", by: machine)
        await expect(code: .bidExpired) { try await book.take(bid, for: "digest", by: .new()) }
    }

    @Test("a bid for another request, an unknown and an expired one are refused")
    func refused() async {
        let bid = await book.issue(for: "digest", lifetime: .seconds(100))
        await expect(code: .bidExpired) { try await book.take(bid, for: "other", by: machine) }
        await expect(code: .bidExpired) { try await book.take("unknown", for: "digest", by: machine) }
        let over = await book.issue(for: "digest", lifetime: .zero)
        await expect(code: .bidExpired) { try await book.take(over, for: "digest", by: machine) }
    }

    @Test("a ticket is a bid for any request and any number of machines, as long as it is valid")
    func ticket() async throws {
        let ticket = await book.ticket(lifetime: .seconds(100))
        try await book.take(ticket, for: "digest", by: machine)
        try await book.take(ticket, for: "other", by: .new())
        #expect(await book.ticket(lifetime: .seconds(100)) == ticket)
        let short = BidBook()
        let over = await short.ticket(lifetime: .zero)
        await expect(code: .bidExpired) { try await short.take(over, for: "digest", by: machine) }
        #expect(await short.ticket(lifetime: .seconds(100)) != over)
    }

    @Test("a machine is not recorded under a bid that ended while it was planned")
    func endedMeanwhile() async throws {
        try await PlantFixture.still { plant, _ in
            let bid = await plant.bids.issue(for: "digest", lifetime: .seconds(100))
            let end = try await plant.bids.take(bid, for: "digest", by: machine)
            let new = Machine(id: machine, name: "m", state: .creating, domain: "d", requestDigest: "", created: .now)
            let record = PlantRecord(machine: new, document: [], extra: PlantExtra(attempt: 1))
            let request = try await plant.parser.read(RequestText.document())
            guard case .plan(let plan) = try await plant.planner.plan(request) else { throw CancellationError() }
            let (over, good) = (BidHold(bid: bid, end: .now), BidHold(bid: bid, end: end))
            await expect(code: .bidExpired) { try await plant.insert(record, plan, under: over) }
            #expect(try await plant.parts.machines.record(machine) == nil)
            #expect(try await plant.insert(record, plan, under: good).isNew)
        }
    }

    @Test("of many that want a bid at once, one gets it")
    func race() async {
        let bid = await book.issue(for: "digest", lifetime: .seconds(100))
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { (try? await book.take(bid, for: "digest", by: .new())) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 1)
    }
}
