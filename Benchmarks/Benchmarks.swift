import FoundationEssentials
import Glibc

/// `make bench`, or `vmshop-bench [NAME…]`: what VMShop promises in figures, each beside a floor or a peer measured in the
/// same run. Ends with 1 when a promise is not kept, with 64 for a name that is none.
@main
enum Benchmarks {
    static let all: [any Benchmark] = [
        MatchBenchmark(), PlanBenchmark(), CloneBenchmark(), StartBenchmark(), PoolBenchmark(),
        CrowdBenchmark(), FleetBenchmark(), DebianBenchmark(), TransferBenchmark(), DecisionBenchmark(),
        BrokerBenchmark(),
    ]

    static func main() async throws {
        let wanted = CommandLine.arguments.dropFirst()
        if let unknown = wanted.first(where: { name in !Self.all.contains { $0.name == name } }) {
            let names = Self.all.map(\.name).joined(separator: " ")
            print("vmshop-bench: there is no benchmark `\(unknown)`; these are: \(names)")
            exit(64)
        }
        print(Self.heading)
        var lines: [BenchmarkLine] = []
        for benchmark in Self.all where wanted.isEmpty || wanted.contains(benchmark.name) {
            do {
                lines += try await benchmark.run()
            } catch {
                print("\(benchmark.name): \(error)")
                lines.append(BenchmarkLine(benchmark.name, ours: "cannot be measured", target: "", isMet: false))
            }
        }
        print("\n" + BenchmarkLine.table(lines))
        exit(lines.contains { $0.verdict == .fail } ? 1 : 0)
    }

    private static var heading: String {
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        let first = load.split(separator: " ").first.flatMap { Double($0) } ?? 0
        return "load \(load.split(separator: " ").prefix(3).joined(separator: " "))"
            + (first > 1 ? ": noisy, what fails by little may be due to others" : "")
    }
}
