/// Something that VMShop promises in figures. One file each; ``Benchmarks/all`` has the list.
protocol Benchmark: Sendable {
    /// What it is called on the command line.
    var name: String { get }

    /// Measures, and says what came out, a line for each promise.
    func run() async throws -> [BenchmarkLine]
}

/// A promise and what was measured: "name, ours, floor or peer, ratio, target, pass or FAIL".
struct BenchmarkLine: Sendable {
    /// How a promise stands.
    enum Verdict: String, Sendable {
        case pass
        case fail = "FAIL"
        case notMeasured = "not measured"
    }

    var name: String
    var ours: String
    var against: String
    var ratio: String
    var target: String
    var verdict: Verdict

    /// A promise with the figures that decide.
    init(_ name: String, ours: String, against: String = "", ratio: String = "", target: String, isMet: Bool) {
        self.name = name
        self.ours = ours
        self.against = against
        self.ratio = ratio
        self.target = target
        self.verdict = isMet ? .pass : .fail
    }

    /// A promise that cannot be measured here, and why.
    init(_ name: String, target: String, notMeasured reason: String) {
        self.init(name, ours: "", against: reason, target: target, isMet: true)
        self.verdict = .notMeasured
    }

    /// A promise on a ratio of times, our way first: ours takes at most so many times as long. It is kept if the whole
    /// interval keeps it.
    init(_ name: String, _ result: Interleaved.Result, against: String, atMost most: Double) {
        self.init(
            name,
            ours: milliseconds(result.first),
            against: against + " " + milliseconds(result.second),
            ratio: result.ratioText,
            target: "<= \(format(most))",
            isMet: result.interval.upperBound <= most
        )
    }

    /// A promise to be faster: the other way takes at least so many times as long.
    init(_ name: String, _ result: Interleaved.Result, against: String, timesFaster least: Double) {
        let faster = 1 / result.ratio
        self.init(
            name,
            ours: milliseconds(result.first),
            against: against + " " + milliseconds(result.second),
            ratio: "\(format(faster)) (\(format(1 / result.interval.upperBound)) - "
                + "\(format(1 / result.interval.lowerBound)))",
            target: ">= \(format(least))",
            isMet: 1 / result.interval.upperBound >= least
        )
    }

    private var cells: [String] {
        [self.name, self.ours, self.against, self.ratio, self.target, self.verdict.rawValue]
    }

    /// The lines as a table.
    static func table(_ lines: [BenchmarkLine]) -> String {
        let rows = [["NAME", "OURS", "FLOOR OR PEER", "RATIO (9 OF 10)", "TARGET", ""]] + lines.map(\.cells)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension Interleaved.Result {
    /// The ratio with its interval.
    var ratioText: String {
        "\(format(self.ratio)) (\(format(self.interval.lowerBound)) - \(format(self.interval.upperBound)))"
    }
}

/// Seconds, as milliseconds.
func milliseconds(_ seconds: Double) -> String { format(seconds * 1000) + " ms" }
