import CostModel
import SeededRandom
import Testing

@Suite("what a plant keeps by itself")
struct KeepingOfferTests {
    private static func isKept(_ offer: KeepingOffer, budget: Int = 1 << 34, kept: Int = 0) -> Bool {
        if case .keep = offer.verdict(budget: budget, kept: kept) { true } else { false }
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
