import CostModel
import SeededRandom
import Testing

@Suite("what a plant keeps by itself")
struct KeepingOfferTests {
    private static func isKept(_ offer: KeepingOffer, budget: Int = 1 << 34, kept: Int = 0) -> Bool {
        let old = KeepingOffer(seconds: 1, demand: 1, bytes: kept)
        let needed = KeepingOffer.Kept(name: "old", offer: old, isNeeded: true)
        if case .keep = offer.verdict(budget: budget, kept: [needed]) { return true }
        return false
    }

    /// Images of 100 bytes that save so many seconds each.
    private static func images(_ seconds: [Double], needed: Set<Int> = []) -> [KeepingOffer.Kept] {
        seconds.enumerated().map { number, seconds in
            let offer = KeepingOffer(seconds: seconds, demand: 2, bytes: 100)
            return KeepingOffer.Kept(name: "i\(number)", offer: offer, isNeeded: needed.contains(number))
        }
    }

    private static func gone(for offer: KeepingOffer, _ kept: [KeepingOffer.Kept], budget: Int) -> [String]? {
        if case .keep(_, let gone) = offer.verdict(budget: budget, kept: kept) { return gone }
        return nil
    }

    @Test(
        "where there is no room, images that are worth less for their bytes make it, the least first, as many as must"
    )
    func room() {
        let offer = KeepingOffer(seconds: 20, demand: 2, bytes: 150)
        let kept = Self.images([5, 3, 9, 1])
        #expect(Self.gone(for: offer, kept, budget: 550) == [])
        #expect(Self.gone(for: offer, kept, budget: 450) == ["i3"])
        #expect(Self.gone(for: offer, kept, budget: 350) == ["i3", "i1"])
        #expect(Self.gone(for: offer, kept, budget: 149) == nil)
        #expect(Self.gone(for: offer, Self.images([5, 3, 9, 1], needed: [3]), budget: 350) == ["i1", "i0"])
    }

    @Test("nothing goes for what is worth no more, nor for what would not fit even then")
    func noRoom() {
        let offer = KeepingOffer(seconds: 20, demand: 2, bytes: 100)
        #expect(Self.gone(for: offer, Self.images([20, 30]), budget: 200) == nil)
        #expect(Self.gone(for: offer, Self.images([1, 30], needed: [0]), budget: 200) == nil)
        #expect(
            Self.gone(for: offer, Self.images([1, .nan]), budget: 100) != nil,
            "what is not known is worth nothing"
        )
    }

    @Test("what was asked for again, takes long and is small is kept")
    func worthIt() {
        #expect(Self.isKept(KeepingOffer(seconds: 30, demand: 2, bytes: 1 << 30)))
        #expect(!Self.isKept(KeepingOffer(seconds: 30, demand: 1, bytes: 1 << 30)), "it may never come again")
        #expect(!Self.isKept(KeepingOffer(seconds: 4, demand: 2, bytes: 1 << 30)), "8 s for a GiB")
        #expect(Self.isKept(KeepingOffer(seconds: 6, demand: 2, bytes: 1 << 30)), "12 s for a GiB")
        #expect(!Self.isKept(KeepingOffer(seconds: 0.1, demand: 2, bytes: 0)), "nothing to speak of")
        #expect(!Self.isKept(KeepingOffer(seconds: 30, demand: 2, bytes: 1 << 30), budget: 0))
    }

    @Test("the budget is never passed, and more demand, more seconds and fewer bytes never speak against an image")
    func properties() {
        var random = SeededGenerator(seed: 7)
        var count = 0
        for _ in 0..<2000 {
            let offer = KeepingOffer(
                seconds: .random(in: 0...200, using: &random),
                demand: .random(in: 0...40, using: &random),
                bytes: .random(in: 0...1 << 34, using: &random)
            )
            let (budget, kept) = (
                Int.random(in: 0...1 << 35, using: &random), Int.random(in: 0...1 << 35, using: &random)
            )
            guard Self.isKept(offer, budget: budget, kept: kept) else { continue }
            count += 1
            #expect(kept + offer.bytes <= budget, "\(offer)")
            var better = offer
            better.seconds *= 2
            better.demand += 1
            better.bytes /= 2
            #expect(Self.isKept(better, budget: budget, kept: kept), "\(offer)")
        }
        #expect((200...1800).contains(count), "\(count) of 2000 were kept")
    }

    @Test("numbers that are none, or too large, decide against it or bring nothing down")
    func extremes() {
        #expect(!Self.isKept(KeepingOffer(seconds: .nan, demand: 3, bytes: 1)))
        #expect(!Self.isKept(KeepingOffer(seconds: 100, demand: 3, bytes: .max), budget: .max, kept: .max))
        #expect(Self.isKept(KeepingOffer(seconds: .infinity, demand: 3, bytes: 1)))
    }
}
