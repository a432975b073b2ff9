import CBenchmarkFloor
import FoundationEssentials
import Glibc
import Warehouse

/// The durable disk of a clone of a 4 GiB image: beside the same bytes written by C, and what others do.
struct CloneBenchmark: Benchmark {
    let name = "clone"

    private static let size = 4 << 30

    func run() async throws -> [BenchmarkLine] {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let base = folder("base.raw")
        try Self.fill(base)
        let floor = try await Floor(of: base, in: folder)
        print("clone: a durable disk over an image of 4 GiB, in \(folder.path)")
        let ours = { (number: Int) in
            try await DiskClone.createOverlay(base: base, format: .raw, at: folder("ours-\(number)"), virtualSize: nil)
        }
        let counter = Sequence()
        let c = try await Interleaved(pairs: 41).run(
            { _ = try await ours(counter.next()) },
            { try floor.write(to: folder("floor-\(counter.next())")) }
        )
        var lines = [BenchmarkLine("clone: durable overlay", c, against: "C, write and fsync:", atMost: 2)]
        lines.append(
            try await Self.beside(
                "clone: five, beside qemu-img create -b",
                least: 15,
                program: "/usr/bin/qemu-img",
                pairs: 9,
                { _ = try await ours(counter.next()) },
                {
                    ["create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", folder("qemu-\(counter.next())")]
                }
            )
        )
        lines.append(try await self.besideVirtClone(base, folder, counter, { _ = try await ours(counter.next()) }))
        return lines
    }

    private static func beside(
        _ name: String,
        least: Double,
        program: String,
        pairs: Int,
        _ ours: () async throws -> Void,
        _ arguments: () -> [String]
    ) async throws -> BenchmarkLine {
        guard access(program, X_OK) == 0 else {
            return BenchmarkLine(name, target: ">= \(format(least))", notMeasured: "\(program) is missing")
        }
        // Some in a row, so that each way has its code in the processor's caches; and what the other way leaves unwritten must not
        // be written in the time of ours, which is durable.
        let row = 5
        let result = try await Interleaved(pairs: pairs).run(
            { for _ in 0..<row { try await ours() } },
            { for _ in 0..<row { try ChildProcess.run(program, arguments()) } },
            between: { sync() }
        )
        return BenchmarkLine(name, result, against: "it:", timesFaster: least)
    }

    /// In a libvirtd of its own, in namespaces: nobody else's machines are touched.
    private func besideVirtClone(
        _ base: String,
        _ folder: ScratchFolder,
        _ counter: Sequence,
        _ ours: () async throws -> Void
    ) async throws -> BenchmarkLine {
        let name = "clone: beside virt-clone"
        let script = "Benchmarks/virt-clone-peer"
        let needed: [String] = ["/usr/bin/virt-clone", "/usr/sbin/libvirtd", script]
        let missing = needed.first { access($0, X_OK) != 0 }
        if let missing { return BenchmarkLine(name, target: ">= 1000", notMeasured: "\(missing) is missing") }
        guard geteuid() == 0 else { return BenchmarkLine(name, target: ">= 1000", notMeasured: "not root") }
        let times = folder("virt-clone-times")
        var mine: [Double] = []
        for _ in 0..<5 { mine.append(try await seconds { try await ours() }) }
        try ChildProcess.run("/usr/bin/unshare", ["-m", "-p", "-f", script, base, folder.path, times, "5"])
        for _ in 0..<5 { mine.append(try await seconds { try await ours() }) }
        let text = try String(contentsOfFile: times, encoding: .utf8)
        let theirs = text.split(separator: "\n").compactMap { Double($0) }
        guard theirs.count == 5 else {
            return BenchmarkLine(name, target: ">= 1000", notMeasured: "virt-clone failed")
        }
        let result = Interleaved.Result(first: mine, second: theirs)
        return BenchmarkLine(name, result, against: "it:", timesFaster: 1000)
    }

    /// Data, not holes: others copy them.
    private static func fill(_ path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL, 0o644)
        guard file >= 0 else { throw BenchmarkFailure("cannot make \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let block = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        for index in 0..<(Self.size >> 20) {
            guard pwrite(file, block, block.count, index << 20) == block.count else {
                throw BenchmarkFailure("cannot fill \(path): \(String(cString: strerror(errno)))")
            }
        }
        fsync(file)
    }
}

/// The bytes of an overlay, to be written by C.
private struct Floor {
    private var size = 0
    private var offsets: [Int] = []
    private var lengths: [Int] = []
    private var bytes: [UInt8] = []

    /// Takes the bytes from an overlay that was made our way.
    init(of base: String, in folder: ScratchFolder) async throws {
        let path = folder("model")
        try await DiskClone.createOverlay(base: base, format: .raw, at: path, virtualSize: nil)
        let content = [UInt8](try Data(contentsOf: URL(filePath: path)))
        size = content.count
        let block = 4096
        for start in stride(from: 0, to: content.count, by: block) {
            let part = content[start..<min(start + block, content.count)]
            guard part.contains(where: { $0 != 0 }) else { continue }
            offsets.append(start)
            lengths.append(part.count)
            bytes += part
        }
    }

    func write(to path: String) throws {
        let code = benchmark_floor_write(path, size, offsets.count, offsets, lengths, bytes)
        guard code == 0 else { throw BenchmarkFailure("cannot write \(path): \(String(cString: strerror(code)))") }
    }
}

/// Numbers one after the other.
private final class Sequence {
    private var last = 0

    func next() -> Int {
        last += 1
        return last
    }
}
