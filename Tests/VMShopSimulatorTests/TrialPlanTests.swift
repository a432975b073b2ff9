import Testing

@testable import VMShopSimulator

@Suite("what happens in trials")
struct TrialPlanTests {
    @Test("is drawn from the seed alone")
    func seeds() {
        #expect(TrialPlan(seed: 3) == TrialPlan(seed: 3))
        #expect(TrialPlan(seed: 3) != TrialPlan(seed: 4))
    }

    @Test(
        "everything happens in some seed: each fault, both ways of bidding, one shop and several, machines that are kept and not"
    )
    func coverage() {
        let plans = (1...2_000).map { TrialPlan(seed: $0) }
        let kinds = Set(plans.flatMap(\.incidents).map { String("\($0.kind)".prefix { $0.isLetter }) })
        #expect(
            kinds == ["killShop", "killShopAt", "cutPower", "loseBook", "killPlant", "freezePlant", "cut", "jump"]
        )
        #expect(Set(plans.map(\.options.bids)) == ["live", "told"])
        // In these everybody must have a machine.
        #expect(plans.count(where: \.isEasy) > 20)
        #expect(Set(plans.map(\.options.shops)) == [1, 2])
        #expect(Set(plans.flatMap(\.errands).map { $0.keeps == nil }) == [true, false])
        #expect(plans.contains { $0.conditions.loss > 0 && $0.conditions.lateness > 0 && $0.conditions.repetition > 0 })
    }
}
