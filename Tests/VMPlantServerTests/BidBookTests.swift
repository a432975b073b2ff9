import ShopAPI
import Testing

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
