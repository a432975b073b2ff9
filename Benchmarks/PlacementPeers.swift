import Glibc
import VMShopSimulator

/// Others that choose a host for a machine, on as many hosts, in the same run as ours.
///
/// They do different work. OpenStack's placement finds candidates and claims one, in SQL, called without HTTP; nothing is priced, and
/// its commits need not outlive a power cut. Ganeti's `hail` weighs the whole cluster anew for each machine, and claims nothing.
/// Ours reads a request of a client over HTTP, prices it for all plants, and is claimed at the plant, durably, over HTTP.
struct PlacementPeers {
    /// Placements a second of ours.
    let ours: Double
    private static let hosts = "1000"

    func lines() async throws -> [BenchmarkLine] {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        return try await placement(folder) + [hail(folder)]
    }

    private func placement(_ folder: ScratchFolder) async throws -> [BenchmarkLine] {
        let name = "broker: beside placement 16.0.0"
        let answer = try said("Benchmarks/placement-peer", [folder.path, Self.hosts, "10"], folder)
        guard !answer.hasPrefix("cannot be installed") else {
            return [BenchmarkLine(name, target: ">= 150", notMeasured: "openstack-placement cannot be installed")]
        }
        let words = answer.split(separator: " ")
        guard let filled = words.dropFirst(3).first.flatMap({ Int($0) }) else {
            throw BenchmarkFailure("placement-peer says `\(answer)`")
        }
        let full = try await BrokerBenchmark.simulate {
            ($0.plants, $0.room, $0.requests, $0.clients) = (5, 8, 41, 1)
        }
        return [
            line(name, rate(words), atLeast: 150),
            BenchmarkLine(
                "broker: machines that fit where 40 do",
                ours: String(full.placed),
                against: "placement \(filled)",
                target: ">= \(filled)",
                isMet: full.placed >= filled
            ),
        ]
    }

    private func hail(_ folder: ScratchFolder) throws -> BenchmarkLine {
        let name = "broker: beside hail"
        guard access("/usr/lib/ganeti/iallocators/hail", X_OK) == 0 else {
            return BenchmarkLine(name, target: ">= 10000", notMeasured: "ganeti-htools is missing")
        }
        let answer = try said("Benchmarks/hail-peer", [folder.path, Self.hosts, "2"], folder)
        return line(name, rate(answer.split(separator: " ")), atLeast: 10_000)
    }

    private func said(_ program: String, _ arguments: [String], _ folder: ScratchFolder) throws -> String {
        String(decoding: try ChildProcess.output(of: program, arguments, in: folder), as: UTF8.self)
    }

    private func rate(_ words: [Substring]) -> Double { words.first.flatMap { Double($0) } ?? .nan }

    private func line(_ name: String, _ theirs: Double, atLeast least: Double) -> BenchmarkLine {
        BenchmarkLine(
            name,
            ours: format(ours) + " a second",
            against: format(theirs) + " a second",
            ratio: format(ours / theirs),
            target: ">= \(format(least))",
            isMet: ours / theirs >= least
        )
    }
}
