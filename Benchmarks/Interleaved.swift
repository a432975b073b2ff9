import SeededRandom

/// Times two ways of doing the same in turns, so that what slows the machine slows both.
///
/// Absolute times drift by a third from hour to hour; the ratio within a pair does not. A pair runs A, B, B, A.
struct Interleaved {
    var pairs = 9

    /// The seconds of each way, as medians, and the median of the pairs' ratios.
    struct Result {
        var first: Double
        var second: Double
        /// How many times longer the first takes than the second.
        var ratio: Double
        /// The interval that holds nine tenths of the ratios of resampled runs.
        var interval: ClosedRange<Double>

        /// What comes of the times of pairs.
        init(pairs: [(first: Double, second: Double)]) {
            let ratios = pairs.map { $0.first / $0.second }
            self.first = pairs.map(\.first).median
            self.second = pairs.map(\.second).median
            self.ratio = ratios.median
            self.interval = Interleaved.bootstrap(ratios)
        }

        /// What comes of times that could not be measured in turns: every one of the first beside every one of the second.
        init(first: [Double], second: [Double]) {
            self.init(pairs: first.flatMap { one in second.map { (one, $0) } })
        }
    }

    /// Runs both; `between` is done after each, and is in nobody's time.
    func run(
        _ first: () async throws -> Void,
        _ second: () async throws -> Void,
        between: () -> Void = {}
    ) async rethrows -> Result {
        func timed(_ body: () async throws -> Void) async rethrows -> Double {
            defer { between() }
            return try await seconds(body)
        }
        var times: [(first: Double, second: Double)] = []
        for _ in 0..<self.pairs {
            let one = try await timed(first)
            let two = try await timed(second)
            let three = try await timed(second)
            let four = try await timed(first)
            times.append(((one + four) / 2, (two + three) / 2))
        }
        return Result(pairs: times)
    }

    fileprivate static func bootstrap(_ ratios: [Double]) -> ClosedRange<Double> {
        var random = SeededGenerator(seed: 1)
        let medians = (0..<1000).map { _ in
            ratios.map { _ in ratios.randomElement(using: &random) ?? 0 }.median
        }.sorted()
        return medians[50]...medians[949]
    }
}

/// The seconds that a body takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let began = ContinuousClock.now
    try body()
    return secondsSince(began)
}

/// The seconds that a body takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let began = ContinuousClock.now
    try await body()
    return secondsSince(began)
}

private func secondsSince(_ began: ContinuousClock.Instant) -> Double {
    let duration = ContinuousClock.now - began
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

extension [Double] {
    /// The middle value; the upper of two.
    var median: Double { quantile(0.5) }

    /// The value below which that part of all lies.
    func quantile(_ part: Double) -> Double {
        let sorted = self.sorted()
        return sorted.isEmpty ? .nan : sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}
