/// Many machines from one memory template at once.
struct CrowdBenchmark: Benchmark {
    let name = "crowd"

    private static let count = 24
    private static let coldCount = 3

    func run() async throws -> [BenchmarkLine] {
        try StartLab.run(name, target: "10 a second, a fifth of the memory") { lab in
            print("crowd: \(Self.count) machines from one template at once")
            return try measure(lab)
        }
    }

    private func measure(_ lab: StartLab) throws -> [BenchmarkLine] {
        let cold = try (0..<Self.coldCount).map { _ in try lab.create(lab.system.name) }
        let coldBytes = try cold.map { Double(try $0.proportionalBytes()) }.median
        try lab.collect(cold)
        let image = lab.system.image("template")
        let machines = try lab.create(image, times: Self.count)
        let took = machines.took
        let bytes = Double(try machines.map { try $0.proportionalBytes() }.reduce(0, +)) / Double(machines.count)
        return [
            BenchmarkLine(
                "crowd: template clones a second",
                ours: format(Double(machines.count) / took),
                against: "slowest \(milliseconds(machines.map(\.seconds).max() ?? 0))",
                target: ">= 10",
                isMet: Double(machines.count) / took >= 10
            ),
            BenchmarkLine(
                "crowd: memory of a template clone",
                ours: "\(format(bytes / 1048576)) MiB",
                against: "cold: \(format(coldBytes / 1048576)) MiB",
                ratio: format(bytes / coldBytes),
                target: "<= 0.2",
                isMet: bytes <= coldBytes / 5
            ),
        ]
    }
}
