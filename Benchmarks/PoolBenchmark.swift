/// Machines that a spare stands ready for, from the request until one action ran, beside cold ones, in turns; and many at once.
struct PoolBenchmark: Benchmark {
    let name = "pool"

    private static let rounds = 7
    private static let count = 24
    /// MiB: room for as many, each of what a machine gets that asks for no memory.
    private static let memory = count * 256

    func run() async throws -> [BenchmarkLine] {
        try StartLab.run(name, pool: Self.memory, target: "10 times as fast, 10 a second") { lab in
            print("pool: a spare for each of \(Self.rounds) machines, then for \(Self.count) at once")
            let warm = lab.system.image("template")
            // The first ones wake up by themselves, and tell the plant what is wanted.
            try lab.collect([lab.create(warm), lab.create(lab.system.name)])
            return try one(warm, lab) + many(warm, lab)
        }
    }

    private func one(_ warm: String, _ lab: StartLab) throws -> [BenchmarkLine] {
        var pairs: [(first: Double, second: Double)] = []
        for _ in 0..<Self.rounds {
            try lab.awaitSpares(1)
            let machines = try [warm, lab.system.name].map(lab.create)
            pairs.append((machines[0].seconds, machines[1].seconds))
            try lab.collect(machines)
        }
        let result = Interleaved.Result(pairs: pairs)
        return [
            BenchmarkLine("pool: a spare", result, against: "cold:", timesFaster: 10),
            BenchmarkLine(
                "pool: a spare, seconds",
                ours: milliseconds(result.first),
                target: "<= \(milliseconds(0.4))",
                isMet: result.first <= 0.4
            ),
        ]
    }

    /// A first burst says how many are wanted; the second finds them.
    private func many(_ warm: String, _ lab: StartLab) throws -> [BenchmarkLine] {
        try lab.collect(lab.create(warm, times: Self.count))
        try lab.awaitSpares(Self.count)
        let machines = try lab.create(warm, times: Self.count)
        let rate = Double(machines.count) / machines.took
        return [
            BenchmarkLine(
                "pool: \(Self.count) spares at once, machines a second",
                ours: format(rate),
                against: "slowest \(milliseconds(machines.map(\.seconds).max() ?? 0))",
                target: ">= 10",
                isMet: rate >= 10
            )
        ]
    }
}
