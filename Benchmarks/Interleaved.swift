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
    }

    func run(_ first: () throws -> Void, _ second: () throws -> Void) rethrows -> Result {
        var times: [(Double, Double)] = []
        for _ in 0..<self.pairs {
            let one = try seconds(first)
            let two = try seconds(second)
            let three = try seconds(second)
            let four = try seconds(first)
            times.append(((one + four) / 2, (two + three) / 2))
        }
        let ratios = times.map { $0.0 / $0.1 }
        return Result(
            first: times.map(\.0).median,
            second: times.map(\.1).median,
            ratio: ratios.median,
            interval: Self.bootstrap(ratios)
        )
    }

    private static func bootstrap(_ ratios: [Double]) -> ClosedRange<Double> {
        var random = SeededGenerator(seed: 1)
        let medians = (0..<1000).map { _ in
            ratios.map { _ in ratios.randomElement(using: &random) ?? 0 }.median
        }.sorted()
        return medians[50]...medians[949]
    }
}

/// The seconds that a body takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let duration = try clock.measure(body)
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
