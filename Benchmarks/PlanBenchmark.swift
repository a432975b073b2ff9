import CostModel
import DAGModel
import FoundationEssentials
import ShopAPI

/// A bid of a plant: the request read, its image chosen, durations, machines and addresses looked up in the database, the
/// price; from a thousand images on disk to a million. Beside the reading of the same request alone.
struct PlanBenchmark: Benchmark {
    let name = "plan"

    /// A million images take a quarter of an hour to be written; `VMSHOP_BENCH_IMAGES=10000` measures up to so many.
    private static let sizes = [1000, 10_000, 100_000, 1_000_000].filter { $0 <= most }
    private static let most = ProcessInfo.processInfo.environment["VMSHOP_BENCH_IMAGES"].flatMap(Int.init) ?? .max
    private static let asked = 500
    /// Actions of a request: what a plan costs grows with them, and so does the reading.
    private static let longestGraph = 40

    /// What was measured among a number of images, in seconds.
    private struct Figures {
        var bid: [Double]
        var reading: [Double]

        /// What comes on top of the reading.
        var plan: [Double] { zip(bid, reading).map { max(0, $0 - $1) } }
    }

    func run() async throws -> [BenchmarkLine] {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        print("plan: a plant's bid, requests of 10 to \(Self.longestGraph) actions, in \(folder.path)")
        var forest = try await ImageForest(in: folder)
        var all: [Figures] = []
        for images in Self.sizes {
            let growing = try seconds { try forest.grow(to: images) }
            all.append(try await measure(forest, in: folder, writing: growing))
        }
        guard let small = all.first, let large = all.last else { return [] }
        return lines(small, large)
    }

    private func lines(_ small: Figures, _ large: Figures) -> [BenchmarkLine] {
        let growth = large.plan.median / small.plan.median
        return [
            BenchmarkLine(
                "plan: at 10^6, with the database",
                ours: milliseconds(large.plan.median),
                against: "reading the request: " + milliseconds(large.reading.median),
                ratio: format(large.plan.median / large.reading.median),
                target: "< 1 ms",
                isMet: large.plan.median < 1e-3
            ),
            BenchmarkLine(
                "plan: 10^6 beside 10^3",
                ours: milliseconds(large.plan.median),
                against: milliseconds(small.plan.median),
                ratio: format(growth),
                target: "<= 1.5, 10^3 times the images",
                isMet: growth <= 1.5
            ),
        ]
    }

    private func measure(_ forest: ImageForest, in folder: ScratchFolder, writing: Double) async throws -> Figures {
        let requests = try (0..<Self.asked).map { try forest.request($0, atMost: Self.longestGraph) }
        return try await BenchPlant.run(in: folder, warehouse: folder("warehouse")) { plant, _ in
            let first = try await seconds { try await Self.bid(requests[0], plant) }
            var figures = Figures(bid: [], reading: [])
            for request in requests {
                figures.bid.append(try await seconds { try await Self.bid(request, plant) })
                figures.reading.append(try await seconds { _ = try await RequestParser().read(request) })
            }
            let parts = [figures.plan.median, figures.plan.quantile(0.99), figures.reading.median].map(milliseconds)
            print(
                "  \(forest.count) images, written in \(format(writing)) s, looked at in \(format(first)) s:"
                    + " plan median \(parts[0]), p99 \(parts[1]), reading \(parts[2])"
            )
            return figures
        }
    }

    private static func bid(_ request: [UInt8], _ plant: any MachineService) async throws {
        let estimate = try await plant.estimate(request, policy: .time)
        guard let bid = estimate.bids.first else { throw BenchmarkFailure("the plant refuses: \(estimate.refusals)") }
        guard !bid.plan.reused.isEmpty else { throw BenchmarkFailure("nothing of the request is reused") }
    }
}
