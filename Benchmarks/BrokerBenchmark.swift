import CostModel
import ShopAPI
import VMShopSimulator

/// How shops place machines at simulated plants, over real sockets and durably: how many a second, with how many calls, and how
/// much dearer by what plants tell than if all of them were asked.
struct BrokerBenchmark: Benchmark {
    let name = "broker"

    private static let policy = CostPolicy(rawValue: "least-loaded") ?? .vmplants2004
    private static let runs = 3

    func run() async throws -> [BenchmarkLine] {
        print("broker: shops, clients and simulated plants in one process")
        let (rate, rates) = try await Self.rate()
        return try await rates + PlacementPeers(ours: rate).lines() + Self.gang() + LiveRounds.lines()
            + Self.compared(shops: 1) + Self.compared(shops: 4)
    }

    static func simulate(_ change: (inout SimulationOptions) -> Void) async throws -> SimulationReport {
        var options = SimulationOptions()
        options.policy = policy
        change(&options)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        return try await Simulation(options).run(in: folder.path)
    }

    /// A thousand plants by what they tell.
    private static func rate() async throws -> (Double, [BenchmarkLine]) {
        let report = try await simulate { ($0.plants, $0.requests, $0.clients) = (1_000, 4_000, 8) }
        let rate = format(report.rate) + " a second"
        let slowest = format(report.ninetyNinth) + " ms"
        let lines = [
            BenchmarkLine("broker: 1,000 plants", ours: rate, target: ">= 1000", isMet: report.rate >= 1_000),
            BenchmarkLine("broker: 99 of 100", ours: slowest, target: "<= 20 ms", isMet: report.ninetyNinth <= 20),
        ]
        return (report.rate, lines)
    }

    /// A gang: all ask at once.
    private static func gang() async throws -> [BenchmarkLine] {
        let report = try await simulate { ($0.plants, $0.requests, $0.isGang) = (1_000, 512, true) }
        let isMet = report.placed == 512 && report.seconds <= 5
        return [
            BenchmarkLine("broker: a gang of 512", ours: format(report.seconds) + " s", target: "<= 5 s", isMet: isMet)
        ]
    }

    /// By what plants tell, beside asking all of them, in turns; the figures are sums over all runs.
    private static func compared(shops: Int) async throws -> [BenchmarkLine] {
        var (told, live): ([SimulationReport], [SimulationReport]) = ([], [])
        for seed in 1...runs {
            for bids in ["told", "live"] {
                let report = try await simulate {
                    ($0.seed, $0.bids, $0.shops, $0.clients) = (seed, bids, shops, 2 * shops)
                    ($0.plants, $0.requests) = (60, 300)
                }
                if bids == "told" { told.append(report) } else { live.append(report) }
            }
        }
        let title = "broker: \(shops) shop\(shops == 1 ? "" : "s")"
        let regret = paid(told) / paid(live) - 1
        let refusals = told.map(\.refusalsEach).reduce(0, +) / Double(told.count)
        let calls = told.map(\.callsEach).reduce(0, +) / Double(told.count)
        let rates = told.map(\.rate).sorted()[runs / 2] / live.map(\.rate).sorted()[runs / 2]
        let violations = (told + live).flatMap(\.violations).count
        return [
            BenchmarkLine(
                title + ", regret",
                ours: format(regret * 100) + " %",
                against: "all asked",
                target: "<= 2 %",
                isMet: regret <= 0.02
            ),
            BenchmarkLine(title + ", refusals", ours: format(refusals), target: "<= 0.01", isMet: refusals <= 0.01),
            BenchmarkLine(title + ", calls", ours: format(calls), target: "<= 3", isMet: calls <= 3),
            BenchmarkLine(
                title + ", rate",
                ours: format(told.map(\.rate).sorted()[runs / 2]) + " a second",
                against: "all asked \(format(live.map(\.rate).sorted()[runs / 2]))",
                ratio: format(rates),
                target: "",
                isMet: violations == 0
            ),
        ]
    }

    /// What all placements cost together: each pays for those that were at its plant before it.
    private static func paid(_ reports: [SimulationReport]) -> Double {
        reports.flatMap(\.perPlant).reduce(0) { $0 + Double($1 * ($1 + 1)) / 2 }
    }
}
