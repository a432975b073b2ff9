import FoundationEssentials
import Glibc

/// A lab with one plant, an image, and warm images of it (`docs/lab.md`).
struct StartLab {
    /// The image whose machines are started.
    struct System: Sendable {
        var name: String
        /// What makes its files in the directory that is its last word, or the disk of that name.
        var maker: [String]
        /// What comes before those when they are published.
        var source = "--from"
        /// What it is published with.
        var flags: [String]
        /// The drivers of its warm images.
        var drivers: [String]

        static let small = System(
            name: "small",
            maker: ["guest/build-image", "--output"],
            flags: ["--os", "linux"],
            drivers: ["restore", "template"]
        )
        /// A processor that stands still.
        static let idle = System(
            name: "idle",
            maker: ["Benchmarks/idle-disk"],
            source: "--disk",
            flags: ["--format", "raw", "--memory", "16MiB", "--unchecked"],
            drivers: []
        )
        static let debian = System(
            name: "debian",
            maker: ["scripts/debian-image"],
            flags: ["--os", "debian", "--memory", "512MiB", "--guest", "cloud-init"],
            drivers: ["template"]
        )

        /// The image of a driver of warm starts.
        func image(_ driver: String) -> String { name + "-" + driver }
    }

    let system: System
    /// MiB of memory that the plant's spares may have.
    let pool: Int
    let folder: ScratchFolder
    let id = "bench\(getpid())"

    /// What is missing for it, if anything.
    static var obstacle: String? {
        guard geteuid() == 0 else { return "not root" }
        let needed = [
            "/usr/bin/qemu-system-x86_64", "/usr/sbin/libvirtd", "/usr/bin/ganesha.nfsd", "scripts/lab",
            "/usr/bin/python3",
        ]
        return needed.first { access($0, X_OK) != 0 }.map { "\($0) is missing" }
    }

    /// Measures in such a lab; where there can be none, the answer says why.
    static func run(
        _ name: String,
        _ system: System = .small,
        pool: Int = 0,
        target: String,
        _ measure: (StartLab) throws -> [BenchmarkLine]
    ) throws -> [BenchmarkLine] {
        if let obstacle { return [BenchmarkLine(name, target: target, notMeasured: obstacle)] }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let lab = StartLab(system: system, pool: pool, folder: folder)
        defer { lab.down() }
        try lab.up()
        return try measure(lab)
    }

    /// Makes the images, and brings the lab up.
    private func up() throws {
        let (warehouse, files) = (folder("warehouse"), folder(system.name))
        try ChildProcess.run(system.maker[0], system.maker.dropFirst() + [files], output: "/dev/null")
        let publish = ["image", "publish", system.name, system.source, files, "--warehouse", warehouse]
        try ChildProcess.run(Self.programs + "/vmshop", publish + system.flags, output: "/dev/null")
        let words = [
            "--plants", "1", "--image-warehouse", warehouse, "--binaries", Self.programs, "--owner", "\(getpid())",
        ]
        try ChildProcess.run("scripts/lab", ["up", "--id", id] + words, output: "/dev/null")
        // A distribution takes minutes to start in emulation.
        let settings = ["--env", "VMPLANT_TIMEOUTS_BOOT=900", "--env", "VMPLANT_POOL_MEMORY=\(pool)"]
        try ChildProcess.run("scripts/lab", ["stop", "--id", id, "plant1", "vmplant-server"], output: "/dev/null")
        try ChildProcess.run(
            "scripts/lab",
            ["start", "--id", id, "plant1", "vmplant-server"] + settings,
            output: "/dev/null"
        )
        for driver in system.drivers {
            _ = try vmshop([
                "image", "warm", system.name, "--as", system.image(driver), "--driver", driver, "--plant", "plant1",
            ])
        }
    }

    private func down() { try? ChildProcess.run("scripts/lab", ["down", "--id", id], output: "/dev/null") }

    /// The programs that belong to this one.
    private static let programs: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    private func vmshop(_ words: [String]) throws -> [UInt8] {
        try ChildProcess.output(of: "scripts/lab", ["exec", "--id", id, "shop", "vmshop"] + words, in: folder)
    }

    /// Makes a machine of an image with one action, and answers what the shop says of it.
    func create(_ image: String) throws -> BenchMachine {
        let path = folder("request-\(UInt64.random(in: .min ... .max)).xml")
        try Data(Self.request(image).utf8).write(to: URL(filePath: path))
        let answer = try vmshop(["create", path, "--quiet", "--output", "json"])
        return try JSONDecoder().decode(BenchMachine.self, from: Data(answer))
    }

    /// Makes so many at once.
    func create(_ image: String, times count: Int) throws -> [BenchMachine] {
        let path = folder("request-\(UInt64.random(in: .min ... .max)).xml")
        try Data(Self.request(image).utf8).write(to: URL(filePath: path))
        let loop = "for n in $(seq $1); do vmshop create \"$2\" --quiet --output json >\"$2.$n\" & done; wait"
        let words = ["exec", "--id", id, "shop", "sh", "-c", loop, "sh", "\(count)", path]
        _ = try ChildProcess.output(of: "scripts/lab", words, in: folder)
        return try (1...count).map { number in
            try JSONDecoder().decode(BenchMachine.self, from: Data(contentsOf: URL(filePath: "\(path).\(number)")))
        }
    }

    /// The least that the start of a machine of a memory template takes, in its place; its own QEMU is ended. In seconds.
    func floor(of machine: BenchMachine) throws -> Double {
        let image = folder("warehouse/images/" + system.image("template"))
        let names = try FileManager.default.contentsOfDirectory(atPath: image)
        guard let folder = names.first(where: { $0.hasPrefix("version-") }) else {
            throw BenchmarkFailure("\(image) has no version")
        }
        let version = image + "/" + folder
        let script = FileManager.default.currentDirectoryPath + "/Benchmarks/warm-start-floor"
        let words = ["exec", "--id", id, "plant1", script, machine.resourceName, version + "/ram", version + "/state"]
        let answer = String(decoding: try ChildProcess.output(of: "scripts/lab", words, in: self.folder), as: UTF8.self)
        guard let seconds = answer.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw BenchmarkFailure("the floor of \(machine.id) was not measured: \(answer)")
        }
        return seconds
    }

    /// Waits until so many spares stand ready.
    func awaitSpares(_ count: Int) throws {
        struct Plant: Decodable {
            struct Status: Decodable { var details: [String: String] }
            var status: Status?
        }
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            let plants = try JSONDecoder().decode([Plant].self, from: Data(vmshop(["plant", "list", "-o", "json"])))
            let words = plants.first?.status?.details["spares"]?.split(separator: " ")
            if words?.first.flatMap({ Int($0) }) ?? 0 >= count { return }
            usleep(100_000)
        }
        throw BenchmarkFailure("there were no \(count) spares within two minutes")
    }

    func collect(_ machines: [BenchMachine]) throws {
        _ = try vmshop(["collect"] + machines.map(\.id))
    }

    private static func request(_ image: String) -> String {
        """
        <request xmlns="urn:vmshop:request:1" name="bench">
          <client domain="bench.example.org"/>
          <start><image name="\(image)"/></start>
          <actions><action id="act"><script>echo done</script></action></actions>
          <edges><edge from="start" to="act"/><edge from="act" to="finish"/></edges>
        </request>
        """
    }
}

/// What a benchmark asks of a machine.
struct BenchMachine: Decodable, Sendable {
    var id: String
    var image: String?
    var created: String
    var ready: String

    /// Its name on its host.
    var resourceName: String { "vms-" + id.lowercased() }

    /// From the request's acceptance until it was ready, in seconds.
    var seconds: Double { Self.time(ready) - Self.time(created) }

    /// The bytes of memory that its QEMU alone accounts for: pages that it shares with others count in parts. A machine whose
    /// QEMU began as a spare is found by its disk, which is in its directory now.
    func proportionalBytes() throws -> Int {
        let disk = "/machines/\(resourceName)/disk.qcow2"
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            guard line.contains("qemu-system"), Self.files(of: process).contains(where: { $0.hasSuffix(disk) })
            else { continue }
            let sizes = try String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)
            let words = sizes.split(separator: "\n").first { $0.hasPrefix("Pss:") }?.split(separator: " ") ?? []
            return (words.dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        throw BenchmarkFailure("machine \(id) has no QEMU")
    }

    private static func files(of process: String) -> [String] {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0) }
    }

    /// From the first request's acceptance until the last one was ready, in seconds.
    fileprivate static func took(_ machines: [BenchMachine]) -> Double {
        let (began, ended) = (machines.map { time($0.created) }.min(), machines.map { time($0.ready) }.max())
        return (ended ?? 0) - (began ?? 0)
    }

    /// Seconds since some midnight: `2026-11-25T09:53:17.538Z`.
    private static func time(_ text: String) -> Double {
        let parts = text.dropFirst(11).dropLast().split(separator: ":").map { Double($0) ?? .nan }
        return parts.reduce(0) { $0 * 60 + $1 }
    }
}

extension [BenchMachine] {
    /// From the first request's acceptance until the last machine was ready, in seconds.
    var took: Double { BenchMachine.took(self) }
}
