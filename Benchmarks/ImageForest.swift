import DAGModel
import FoundationEssentials
import Glibc
import SeededRandom
import Warehouse

/// A warehouse of very many images, written by hand: each has a manifest of its own and a link to one empty disk.
struct ImageForest {
    private let folder: ScratchFolder
    /// A manifest before, between and behind its history and its name.
    private let pieces: [String]
    private(set) var count = 0
    private var random = SeededGenerator(seed: 7)

    /// Links that a file system lets a file have, with room.
    private static let linksOfDisk = 50_000
    private static let imagesOfFamily = 25

    /// A warehouse with one image, by which the others are written.
    init(in folder: ScratchFolder) async throws {
        self.folder = folder
        try await DiskClone.createEmpty(at: folder("empty.qcow2"), format: .qcow2, virtualSize: 1 << 20)
        let warehouse = try Warehouse(directory: folder("warehouse"))
        let draft = ImageDraft(
            name: "base",
            disk: folder("empty.qcow2"),
            format: .qcow2,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            operatingSystem: "linux",
            guest: .runner
        )
        let manifest = try await warehouse.publish(draft)
        let path = folder("warehouse/images/base/manifest.json")
        let text = try String(contentsOfFile: path, encoding: .utf8)
            .replacing(manifest.disk.path, with: "disk.qcow2")
            .replacing(#/"history" : \[[^\]]*\]/#, with: "\"history\" : [\u{1}]")
            .replacing(#""name" : "base""#, with: "\"name\" : \"\u{1}\"")
        pieces = text.split(separator: "\u{1}").map(String.init)
        guard pieces.count == 3 else { throw BenchmarkFailure("a manifest of another form: \(text)") }
        try FileManager.default.copyItem(
            atPath: folder("warehouse/images/base/" + manifest.disk.path),
            toPath: folder("disk-0")
        )
    }

    /// Writes images until there are so many.
    mutating func grow(to wanted: Int) throws {
        var family = ActionFamily(seed: UInt64(count / Self.imagesOfFamily))
        while count < wanted {
            let seed = count / Self.imagesOfFamily
            if count.isMultiple(of: Self.imagesOfFamily) { family = ActionFamily(seed: UInt64(seed)) }
            let history = family.steps(&random).map { #"{"key": "\#($0.key.hex)", "action": "\#($0.id)"}"# }
            try write("image-\(count)", history: history.joined(separator: ", "))
            count += 1
        }
    }

    private func write(_ name: String, history: String) throws {
        let (place, disk) = (folder("warehouse/images/" + name), folder("disk-\(count / Self.linksOfDisk)"))
        if access(disk, F_OK) != 0 { try FileManager.default.copyItem(atPath: folder("disk-0"), toPath: disk) }
        guard mkdir(place, 0o755) == 0, link(disk, place + "/disk.qcow2") == 0 else {
            throw BenchmarkFailure("\(place): \(String(cString: strerror(errno)))")
        }
        let text = pieces[0] + history + pieces[1] + name + pieces[2]
        let file = open(place + "/manifest.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(file) }
        guard file >= 0, Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw BenchmarkFailure("\(place): \(String(cString: strerror(errno)))")
        }
    }

    /// A request of one of the families.
    func request(_ number: Int, atMost longest: Int) throws -> [UInt8] {
        let families = count / Self.imagesOfFamily
        var family = ActionFamily(seed: UInt64(number % families))
        for next in 0..<families where family.count > longest {
            family = ActionFamily(seed: UInt64((number + next * 7) % families))
        }
        let graph = try family.graph()
        let actions = graph.actions.map { action in
            guard case .script(let text) = action.operation else { return "" }
            return #"<action id="\#(action.id)"><script>\#(text)</script></action>"#
        }
        let (sources, targets) = (Set(graph.edges.map(\.from)), Set(graph.edges.map(\.to)))
        let ids = graph.actions.map(\.id)
        let first = ids.filter { !targets.contains($0) }.map { ("start", $0) }
        let last = ids.filter { !sources.contains($0) }.map { ($0, "finish") }
        let edges = (first + graph.edges.map { ($0.from, $0.to) } + last).map { #"<edge from="\#($0)" to="\#($1)"/>"# }
        return Array(
            """
            <request xmlns="urn:vmshop:request:1"><client domain="bench.example.org"/><start><hardware/></start>
            <actions>\(actions.joined())</actions><edges>\(edges.joined())</edges></request>
            """.utf8
        )
    }
}
