import FoundationEssentials

/// A plant with many machines that do nothing: what it takes of memory and processor with a hundred, and with a thousand how soon it has
/// them all again after it was killed, beside libvirt's daemon.
struct FleetBenchmark: Benchmark {
    let name = "fleet"

    private static let few = 100
    private static let many = 1_000
    /// What a QEMU takes whose machine does nothing, of its own, and what is left to all else.
    private static let (bytesOfMachine, bytesLeft) = (22 << 20, 1 << 30)
    private static let seconds = 60

    func run() async throws -> [BenchmarkLine] {
        try StartLab.run(name, .idle, target: "40 MiB, 0.5 %, 10 times libvirtd") { lab in
            print("fleet: a plant with \(Self.few) machines, then with \(Self.many); making those takes ten minutes")
            return try idle(lab) + back(lab)
        }
    }

    private func idle(_ lab: StartLab) throws -> [BenchmarkLine] {
        try create(Self.few, lab)
        let figures = try numbers(lab, "idle", Self.seconds, count: 4)
        let (own, proportional, resident) = (figures[0], figures[1], figures[2])
        return [
            BenchmarkLine(
                "fleet: memory of a plant with \(Self.few) machines",
                ours: mebibytes(proportional) + ", shared pages in parts",
                against: "its own \(mebibytes(own)), all resident \(mebibytes(resident))",
                target: "<= 40 MiB",
                isMet: proportional <= 40 * 1_048_576
            ),
            BenchmarkLine(
                "fleet: processor of a plant with \(Self.few) machines",
                ours: format(figures[3] * 100) + " %",
                against: "over \(Self.seconds) s",
                target: "<= 0.5 %",
                isMet: figures[3] <= 0.005
            ),
        ]
    }

    private func back(_ lab: StartLab) throws -> [BenchmarkLine] {
        let (title, target) = ("fleet: a plant with \(Self.many) machines is back", "<= 10")
        let room = try Self.few + Self.room()
        guard room >= Self.many else {
            return [BenchmarkLine(title, target: target, notMeasured: "there is memory for \(room) machines")]
        }
        try create(Self.many, lab)
        let figures = try numbers(lab, "back", Self.many, count: 2)
        return [
            BenchmarkLine(
                title,
                ours: milliseconds(figures[1]),
                against: "libvirtd: " + milliseconds(figures[0]),
                ratio: format(figures[1] / figures[0]),
                target: target,
                isMet: figures[1] <= 10 * figures[0]
            )
        ]
    }

    /// How many more machines the memory of this host takes.
    private static func room() throws -> Int {
        let text = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
        let free = ["MemAvailable:", "SwapFree:"].map { field in
            let words = text.split(separator: "\n").first { $0.hasPrefix(field) }?.split(separator: " ") ?? []
            return (words.dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return max(0, free.reduce(0, +) - bytesLeft) / bytesOfMachine
    }

    private func create(_ count: Int, _ lab: StartLab) throws {
        let made = try numbers(lab, "create", count, count: 1)[0]
        guard Int(made) == count else { throw BenchmarkFailure("\(Int(made)) of \(count) machines were made") }
    }

    private func numbers(_ lab: StartLab, _ errand: String, _ number: Int, count: Int) throws -> [Double] {
        let words = [lab.id, lab.system.name, errand, "\(number)"]
        let answer = String(
            decoding: try ChildProcess.output(of: "Benchmarks/fleet", words, in: lab.folder),
            as: UTF8.self
        )
        let numbers = answer.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard numbers.count == count else { throw BenchmarkFailure("fleet \(errand): \(answer)") }
        return numbers
    }

    private func mebibytes(_ bytes: Double) -> String { format(bytes / 1_048_576) + " MiB" }
}
