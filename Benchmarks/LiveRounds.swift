import CBenchmarkFloor
import CostModel
import Glibc
import VMShopSimulator

/// A shop that asks every plant about a request, beside the least that asking and being answered can take.
enum LiveRounds {
    private static let deadline = 4.0
    /// What a call is on the wire: request line and headers, the document; an answer with one bid.
    private static let (question, answer) = (500, 700)

    static func lines() async throws -> [BenchmarkLine] {
        try await [rounds(100), rounds(1_000), dead(of: 100)]
    }

    /// Rounds of ours and of the floor in turns.
    private static func rounds(_ plants: Int) async throws -> BenchmarkLine {
        let result = try await site({ $0.plants = plants }) { ask in
            // The first rounds open the connections.
            for _ in 0..<3 {
                guard try await ask() == plants else { throw BenchmarkFailure("not all of \(plants) plants bid") }
            }
            var pairs: [(first: Double, second: Double)] = []
            for _ in 0..<9 {
                let ours = try await seconds { for _ in 0..<5 { _ = try await ask() } }
                pairs.append((ours, try floor(plants, rounds: 5)))
            }
            return Interleaved.Result(pairs: pairs)
        }
        return BenchmarkLine("broker: \(plants) plants asked, five times", result, against: "epoll in C:", atMost: 3)
    }

    /// The first round in which a tenth of the plants do not answer; in the next ones they are not waited for.
    private static func dead(of plants: Int) async throws -> BenchmarkLine {
        let (first, bids) = try await site({ ($0.plants, $0.silent) = (plants, 0.1) }) { ask in
            let began = ContinuousClock.now
            let bids = try await ask()
            let (whole, parts) = (ContinuousClock.now - began).components
            return (Double(whole) + Double(parts) * 1e-18, bids)
        }
        return BenchmarkLine(
            "broker: a tenth of \(plants) dead, \(bids) bids",
            ours: format(first) + " s",
            against: "deadline \(format(deadline)) s",
            target: "<= \(format(deadline * 1.1)) s",
            isMet: bids == plants * 9 / 10 && first <= deadline * 1.1
        )
    }

    private static func site<Value: Sendable>(
        _ change: (inout SimulationOptions) -> Void,
        _ body: @Sendable (@Sendable () async throws -> Int) async throws -> Value
    ) async throws -> Value {
        var options = SimulationOptions()
        (options.bids, options.policy) = ("live", CostPolicy(rawValue: "least-loaded") ?? options.policy)
        change(&options)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        return try await Simulation(options).asking(in: folder.path, body)
    }

    /// The seconds of the rounds alone, without the connecting.
    private static func floor(_ plants: Int, rounds: Int) throws -> Double {
        var seconds = [Double](repeating: 0, count: rounds)
        let code = benchmark_floor_ask(CInt(plants), CInt(rounds), question, answer, &seconds)
        guard code == 0 else { throw BenchmarkFailure("the floor failed: \(String(cString: strerror(code)))") }
        return seconds.reduce(0, +)
    }
}
