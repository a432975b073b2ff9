import SeededRandom
import Testing

@testable import VMShopServer

@Suite("The table of prices")
struct ScoreTableTests {
    @Test("offers the cheapest in order, whatever was cheap before", arguments: 0..<200)
    func cheapest(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...300, using: &generator)
        var table = ScoreTable(count: count / 2, changes: 0)
        var prices: [Double] = Array(repeating: .infinity, count: count)
        for _ in 0..<Int.random(in: 0...900, using: &generator) where count > 0 {
            let place = Int.random(in: 0..<count, using: &generator)
            let isRefusal = Int.random(in: 0..<4, using: &generator) == 0
            prices[place] = isRefusal ? .infinity : Double(Int.random(in: 0..<40, using: &generator))
            table.set(prices[place], at: place)
        }
        let left = Set((0..<5).map { _ in Int.random(in: 0...300, using: &generator) })
        let offered = table.cheapest(8, salt: generator.next(), without: left)
        let wanted = prices.indices.filter { !left.contains($0) && prices[$0] < .infinity }.map { prices[$0] }.sorted()
        #expect(offered.map { prices[$0] } == Array(wanted.prefix(8)), "seed \(seed)")
        #expect(Set(offered).count == offered.count && left.isDisjoint(with: offered), "seed \(seed)")
        #expect(table.refusing == table.totals.count { $0 == .infinity }, "seed \(seed)")
    }

    @Test("offers each of those that cost the same first about as often")
    func ties() {
        var table = ScoreTable(count: 1_000, changes: 0)
        for place in 0..<1_000 { table.set(place < 900 ? 5 : 6, at: place) }
        var times: [Int: Int] = [:]
        for salt in 0..<90_000 { times[table.cheapest(8, salt: UInt64(salt))[0], default: 0] += 1 }
        #expect(times.count == 900 && times.keys.allSatisfy { $0 < 900 })
        // A hundred times each; where a block of dearer ones is passed over, the next is begun with more often.
        #expect(times.values.allSatisfy { 40...400 ~= $0 }, "\(times.values.min() ?? 0) to \(times.values.max() ?? 0)")
    }

    @Test("of nothing offers nothing")
    func nothing() {
        #expect(ScoreTable(count: 0, changes: 0).cheapest(8, salt: 1).isEmpty)
        #expect(ScoreTable(count: 70, changes: 0).cheapest(8, salt: 1).isEmpty)
    }
}
