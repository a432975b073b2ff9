import CostModel
import Testing

@Suite("Learned durations")
struct LearnedDurationTests {
    private static let day = 86_400.0

    @Test("the median and the ninetieth percentile of fresh samples, in whatever order they come")
    func quantiles() throws {
        let samples = (1...10).shuffled().map { DurationSample(seconds: Double($0), age: 0) }
        let learned = try #require(LearnedDuration(samples))
        #expect(learned.median == 5)
        #expect(learned.ninetieth == 9)
        #expect(learned.samples == 10)
    }

    @Test("nothing is learned from nothing, nor from what is no duration")
    func nothing() {
        #expect(LearnedDuration([]) == nil)
        let odd = [Double.nan, .infinity, -1].map { DurationSample(seconds: $0, age: 0) }
        #expect(LearnedDuration(odd) == nil)
    }

    @Test("one slow run does not move the median, but the ninetieth percentile of few")
    func outlier() throws {
        let samples = [1.0, 1, 1, 1, 60].map { DurationSample(seconds: $0, age: 0) }
        let learned = try #require(LearnedDuration(samples))
        #expect(learned.median == 1)
        #expect(learned.ninetieth == 60)
    }

    @Test("old samples give way to new ones: 30 days halve their weight")
    func decay() throws {
        let old = (0..<3).map { _ in DurationSample(seconds: 10, age: 60 * Self.day) }
        // Three quarters against one: the new one has it.
        let learned = try #require(LearnedDuration(old + [DurationSample(seconds: 2, age: 0)]))
        #expect(learned.median == 2)
        // At the same age three against one.
        let fresh = old.map { DurationSample(seconds: $0.seconds, age: 0) }
        #expect(LearnedDuration(fresh + [DurationSample(seconds: 2, age: 0)])?.median == 10)
    }

    @Test("however old, the only samples there are say something", arguments: [0, 1, 365, 36_500].map(Double.init))
    func ancient(days: Double) {
        #expect(LearnedDuration([DurationSample(seconds: 3, age: days * Self.day)])?.median == 3)
    }

    @Test("a sample from the future is one of now")
    func future() {
        #expect(DurationSample(seconds: 1, age: -5).age == 0)
    }
}
