import CostModel
import DAGModel
import Foundation
import Testing

@Suite("What a plant says to listeners")
struct BidWordTests {
    private static let images = BidImages(clone: .overlay, defaultMemory: 1, images: [])

    private static func notice(_ change: (inout BidNotice) -> Void = { _ in }) -> BidNotice {
        var function = BidFunction(plant: "p", capacity: PlantCapacity(machines: 4))
        (function.ticket, function.secondsSinceLast) = ("one", 3)
        var notice = BidNotice(function: function, images: images, durations: BidDurations(seconds: ["boot": 2]))
        change(&notice)
        return notice
    }

    @Test("first is everything")
    func first() { #expect(Self.notice().word(after: nil) == .notice(Self.notice())) }

    @Test("is that nothing changed where only time went by, with the ticket of now")
    func same() {
        let later = Self.notice { ($0.function.ticket, $0.function.secondsSinceLast) = ("two", 4) }
        #expect(later.word(after: Self.notice()) == .same(ticket: "two"))
        // A machine, the first since the plant's start, is news.
        let fresh = Self.notice { $0.function.secondsSinceLast = nil }
        #expect(Self.notice().word(after: fresh) != .same(ticket: "one"))
        let bare = Self.notice { $0.images = nil }
        #expect(bare.word(after: bare) == .same(ticket: "one"))
    }

    @Test("is what changed and no more")
    func news() {
        let more = Self.notice { $0.function.promised.machines = 1 }
        #expect(more.word(after: Self.notice()) == .notice(BidNotice(function: more.function)))
        let learned = Self.notice { $0.durations = BidDurations(seconds: ["boot": 5]) }
        #expect(
            learned.word(after: Self.notice())
                == .notice(BidNotice(function: learned.function, durations: learned.durations))
        )
        // With images that were not told before come the durations, too.
        #expect(Self.notice().word(after: Self.notice { $0.images = nil }) == .notice(Self.notice()))
    }

    @Test("comes over the wire as it is")
    func wire() throws {
        for word in [BidWord.notice(Self.notice()), .same(ticket: "t"), .same(ticket: nil)] {
            let bytes = try JSONEncoder().encode(word)
            #expect(try JSONDecoder().decode(BidWord.self, from: bytes) == word)
        }
        // Plants of earlier versions send notices only.
        let old = try JSONEncoder().encode(Self.notice())
        #expect(try JSONDecoder().decode(BidWord.self, from: old) == .notice(Self.notice()))
    }
}
