import CostModel
import Foundation
import Testing
import VMShopTesting

@testable import VMShopSimulator

@Suite("simulated sites", .serialized, .timeLimit(.minutes(3)))
struct SimulationTests {
    private static func run(_ change: (inout SimulationOptions) -> Void) async throws -> SimulationReport {
        var options = SimulationOptions()
        (options.plants, options.requests, options.clients, options.making) = (20, 60, 1, 0.02)
        change(&options)
        return try await TemporaryDirectory.with { [options] directory in
            try await Simulation(options).run(in: directory.path)
        }
    }

    @Test("the same seed places the same machines at the same plants, another seed others")
    func seeds() async throws {
        let policy = try #require(CostPolicy(rawValue: "least-loaded"))
        let runs = [
            try await Self.run { ($0.seed, $0.policy) = (5, policy) },
            try await Self.run { ($0.seed, $0.policy) = (5, policy) },
            try await Self.run { ($0.seed, $0.policy) = (6, policy) },
        ]
        #expect(runs.allSatisfy { $0.placed == 60 && $0.violations.isEmpty })
        #expect(runs[0].fingerprint == runs[1].fingerprint)
        #expect(runs[0].fingerprint != runs[2].fingerprint)
        // Every plant gets its share, and no plant is called but to make a machine: how it gets on it tells by itself.
        #expect(runs[0].fewest == 3 && runs[0].most == 3)
        #expect(runs[0].estimates == 0 && runs[0].creations == 60 && runs[0].questions == 0)
    }

    @Test("by what plants tell, machines are spread as they are if all plants are asked about each")
    func oracle() async throws {
        let spread = try #require(CostPolicy(rawValue: "least-loaded"))
        let told = try await Self.run { $0.policy = spread }
        let live = try await Self.run { ($0.policy, $0.bids) = (spread, "live") }
        #expect(told.perPlant.sorted() == live.perPlant.sorted())
        #expect(live.estimates == 20 * 60 && live.questions >= 60)
    }

    @Test(
        "plants that fail, refuse and never answer: nothing is made twice or lost, everybody gets a machine",
        arguments: 1...4
    )
    func faults(seed: Int) async throws {
        let report = try await Self.run {
            $0.seed = seed
            ($0.failing, $0.refusing, $0.silent, $0.clients) = (0.2, 0.2, 0.1, 6)
        }
        #expect(report.violations == [])
        #expect(report.placed == 60)
        #expect(report.refusals > 0)
    }

    @Test("two shops that place at the same plants ask two of the cheapest, and overfill none")
    func shops() async throws {
        let report = try await Self.run {
            ($0.shops, $0.clients, $0.room, $0.requests) = (2, 6, 4, 78)
        }
        #expect(report.violations == [])
        #expect(report.placed == 78)
        #expect(report.callsEach >= 2 && report.callsEach < 6)
        #expect(report.most <= 4)
    }

    @Test("more requests at once than can be asked about: each is asked about once, and no plant is taken for dead")
    func crowd() async throws {
        let report = try await Self.run {
            ($0.bids, $0.plants, $0.requests, $0.clients) = ("live", 40, 80, 80)
        }
        #expect(report.placed == 80)
        // A plant that is slow to accept on a busy machine is passed over, and its machine asked about once more; one that does not
        // answer in time there is skipped by some.
        #expect((40 * 76...40 * 96).contains(report.estimates), "\(report.estimates) estimates")
        #expect(report.violations == [])
    }

    @Test("a full site says so, and still loses nothing")
    func full() async throws {
        let report = try await Self.run {
            ($0.plants, $0.room, $0.requests, $0.clients) = (4, 5, 30, 4)
        }
        #expect(report.placed == 20 && report.failed == 10)
        #expect(report.violations == [])
    }
}
