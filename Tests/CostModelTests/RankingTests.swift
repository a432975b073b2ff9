import CostModel
import Testing

@Suite("Ranking")
struct RankingTests {
    func bid(_ plant: String, _ values: Double..., total: Double? = nil) -> (plant: String, cost: Cost) {
        let terms = values.map { CostTerm(name: "t", value: $0, unit: "points", reason: "") }
        var cost = Cost(policy: .vmplants2004, terms: terms)
        if let total { cost.total = total }
        return (plant, cost)
    }

    @Test("puts the cheapest first and keeps the list's order among equals")
    func order() {
        let ranked = Ranking.order([bid("c", 5), bid("b", 4), bid("a", 4), bid("d", 1)], by: \.cost)
        #expect(ranked.map(\.plant) == ["d", "b", "a", "c"])
    }

    @Test("leaves out bids whose figures cannot be true")
    func insane() {
        let bids = [
            bid("nan", .nan), bid("infinite", .infinity), bid("negative", -1), bid("lies", 50, total: 0),
            bid("hidden", 60, -10), bid("honest", 50),
        ]
        #expect(Ranking.order(bids, by: \.cost).map(\.plant) == ["honest"])
    }

    @Test("of nothing is nothing")
    func empty() {
        #expect(Ranking.order([bid("x", 1)].filter { _ in false }, by: \.cost).isEmpty)
    }
}
