import FoundationEssentials
import Glibc

/// Machines on real, emulated hosts, from the request until one action ran: cold, and woken by both drivers, in turns.
struct StartBenchmark: Benchmark {
    let name = "start"

    private static let rounds = 7

    func run() async throws -> [BenchmarkLine] {
        try StartLab.run(name, target: "3 and 10 times as fast") { lab in
            print("start: a lab with one plant, one machine at a time, \(Self.rounds) rounds")
            return try measure(lab)
        }
    }

    private func measure(_ lab: StartLab) throws -> [BenchmarkLine] {
        // Its client domain has a machine already, as all but the first of a site's requests find it.
        _ = try lab.create(lab.system.name)
        var times: [String: [Double]] = [:]
        var floors: [Double] = []
        for round in 0..<Self.rounds {
            let images = [lab.system.name] + lab.system.drivers.map(lab.system.image)
            for image in round.isMultiple(of: 2) ? images : images.reversed() {
                let machine = try lab.create(image)
                times[image, default: []].append(machine.seconds)
                if image == lab.system.image("template") { floors.append(try lab.floor(of: machine)) }
                try lab.collect([machine])
            }
        }
        let pairs = zip(times[lab.system.image("template")] ?? [], floors).map { ($0, $1) }
        let floor = BenchmarkLine(
            "start: template beside what it cannot do without",
            Interleaved.Result(pairs: pairs),
            against: "floors:",
            atMost: 1.25
        )
        return lines(times, lab) + [floor, try byHand(times, lab)]
    }

    private func lines(_ times: [String: [Double]], _ lab: StartLab) -> [BenchmarkLine] {
        let cold = times[lab.system.name] ?? []
        return [("restore", 3.0, 1.2), ("template", 10.0, 0.4)].flatMap { driver, least, most in
            let ours = times[lab.system.image(driver)] ?? []
            let result = Interleaved.Result(pairs: zip(ours, cold).map { ($0, $1) })
            return [
                BenchmarkLine("start: \(driver)", result, against: "cold:", timesFaster: least),
                BenchmarkLine(
                    "start: \(driver), seconds",
                    ours: milliseconds(ours.median),
                    target: "<= \(milliseconds(most))",
                    isMet: ours.median <= most
                ),
            ]
        }
    }

    /// virt-clone and virsh start of the same image until it has an address; running the script would come on top.
    private func byHand(_ times: [String: [Double]], _ lab: StartLab) throws -> BenchmarkLine {
        let (name, script) = ("start: template beside virt-clone and virsh start", "Benchmarks/virt-start-peer")
        guard access("/usr/bin/virt-clone", X_OK) == 0 else {
            return BenchmarkLine(name, target: ">= 5", notMeasured: "/usr/bin/virt-clone is missing")
        }
        let path = lab.folder("by-hand")
        let words = ["-m", "-p", "-n", "-f", script, lab.folder("small"), lab.folder.path, path, "5"]
        try ChildProcess.run("/usr/bin/unshare", words, output: "/dev/null")
        let theirs = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { Double($0) }
        let ours = times[lab.system.image("template")] ?? []
        return BenchmarkLine(name, .init(first: ours, second: theirs), against: "by hand:", timesFaster: 5)
    }
}
