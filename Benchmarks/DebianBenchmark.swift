import FoundationEssentials

/// Machines of a distributor's image with cloud-init, from the request until one action ran: cold, and woken.
struct DebianBenchmark: Benchmark {
    let name = "debian"

    private static let rounds = 3

    func run() async throws -> [BenchmarkLine] {
        try StartLab.run(name, .debian, target: "10 times as fast") { lab in
            print("debian: a Debian with cloud-init made of packages, cold and woken, \(Self.rounds) rounds")
            let warm = lab.system.image("template")
            // Its client domain has a machine already, and the saved memory was read.
            _ = try lab.create(warm)
            var pairs: [(first: Double, second: Double)] = []
            for _ in 0..<Self.rounds {
                let machines = try [warm, lab.system.name].map(lab.create)
                pairs.append((machines[0].seconds, machines[1].seconds))
                try lab.collect(machines)
            }
            let result = Interleaved.Result(pairs: pairs)
            return [BenchmarkLine("debian: template", result, against: "cold:", timesFaster: 10)]
        }
    }
}
