import Testing

@Suite("vmshop-server trials")
struct TrialsTests {
    private static func story(_ seed: Int, _ count: Int = 3) async throws -> Tool.Run {
        try await Tool.shopServer.run("trials", "--seed", "\(seed)", "--count", "\(count)", "--story")
    }

    /// All but the last line, which says how long it took.
    private static func events(_ run: Tool.Run) -> [String] { Array(run.lines.dropLast(2)) }

    @Test("the same seed is the same trial, to the millisecond; another seed is another")
    func seeds() async throws {
        let (first, second) = (try await Self.story(7), try await Self.story(7))
        #expect(first.exitCode == 0, "\(first.output)")
        #expect(Self.events(first).count > 20)
        #expect(Self.events(first) == Self.events(second))
        #expect(Self.events(try await Self.story(70)) != Self.events(first))
    }

    @Test("says how many passed")
    func sum() async throws {
        let run = try await Tool.shopServer.run("trials", "--count", "20")
        #expect(run.exitCode == 0, "\(run.output)")
        let sum = try #require(run.output.firstMatch(of: /^20 of 20 trials passed: (\d+) of (\d+) machines made/))
        let (made, asked) = (try #require(Int(sum.output.1)), try #require(Int(sum.output.2)))
        // Some come to no plant: all are full, or cannot be reached for long. Most do.
        #expect(made * 2 > asked && made < asked + 1, "\(run.output)")
    }

    @Test("refuses counts that are none", arguments: ["0", "-1", "99999999"])
    func counts(count: String) async throws {
        let run = try await Tool.shopServer.run("trials", "--count=\(count)")
        #expect(run.exitCode == 64)
        #expect(run.errors.contains("--count must be from 1 to 10000000"))
    }
}
