import CostModel
import DAGModel
import FoundationEssentials
import Glibc
import Logging
import SeededRandom
import ServerSettings
import ShopAPI
import VMPlantServer
import Warehouse

/// A bid of a plant: the request read, its image chosen, durations, machines and addresses looked up in the database, the
/// price; from a thousand images on disk to a million. Beside the reading of the same request alone.
struct PlanBenchmark: Benchmark {
    let name = "plan"

    private static let sizes = [1000, 10_000, 100_000, 1_000_000]
    private static let asked = 500
    /// Actions of a request: what a plan costs grows with them, and so does the reading.
    private static let longestGraph = 40

    /// What was measured among a number of images, in seconds.
    private struct Figures {
        var bid: [Double]
        var reading: [Double]

        /// What comes on top of the reading.
        var plan: [Double] { zip(bid, reading).map { max(0, $0 - $1) } }
    }

    func run() async throws -> [BenchmarkLine] {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        print("plan: a plant's bid, requests of 10 to \(Self.longestGraph) actions, in \(folder.path)")
        var shelf = try await ImageForest(in: folder)
        var all: [Figures] = []
        for images in Self.sizes {
            let growing = try seconds { try shelf.grow(to: images) }
            all.append(try await measure(shelf, in: folder, writing: growing))
        }
        guard let small = all.first, let large = all.last else { return [] }
        return lines(small, large)
    }

    private func lines(_ small: Figures, _ large: Figures) -> [BenchmarkLine] {
        let growth = large.plan.median / small.plan.median
        return [
            BenchmarkLine(
                "plan: at 10^6, with the database",
                ours: milliseconds(large.plan.median),
                against: "reading the request: " + milliseconds(large.reading.median),
                ratio: format(large.plan.median / large.reading.median),
                target: "< 1 ms",
                isMet: large.plan.median < 1e-3
            ),
            BenchmarkLine(
                "plan: 10^6 beside 10^3",
                ours: milliseconds(large.plan.median),
                against: milliseconds(small.plan.median),
                ratio: format(growth),
                target: "<= 1.5, 10^3 times the images",
                isMet: growth <= 1.5
            ),
        ]
    }

    private func measure(_ forest: ImageForest, in folder: ScratchFolder, writing: Double) async throws -> Figures {
        let requests = try (0..<Self.asked).map { try forest.request($0, atMost: Self.longestGraph) }
        return try await Self.withPlant(in: folder) { plant in
            let first = try await seconds { try await Self.bid(requests[0], plant) }
            var figures = Figures(bid: [], reading: [])
            for request in requests {
                figures.bid.append(try await seconds { try await Self.bid(request, plant) })
                figures.reading.append(try await seconds { _ = try await RequestParser().read(request) })
            }
            let parts = [figures.plan.median, figures.plan.quantile(0.99), figures.reading.median].map(milliseconds)
            print(
                "  \(forest.count) images, written in \(format(writing)) s, looked at in \(format(first)) s:"
                    + " plan median \(parts[0]), p99 \(parts[1]), reading \(parts[2])"
            )
            return figures
        }
    }

    private static func bid(_ request: [UInt8], _ plant: any MachineService) async throws {
        let estimate = try await plant.estimate(request, policy: .time)
        guard let bid = estimate.bids.first else { throw BenchmarkFailure("the plant refuses: \(estimate.refusals)") }
        guard !bid.plan.reused.isEmpty else { throw BenchmarkFailure("nothing of the request is reused") }
    }

    /// Runs a plant on libvirt's test driver, with a book of its own, until the body ends.
    private static func withPlant<Value: Sendable>(
        in folder: ScratchFolder,
        _ body: @Sendable (any MachineService) async throws -> Value
    ) async throws -> Value {
        try Data("<node></node>".utf8).write(to: URL(filePath: folder("node.xml")))
        let sources = SettingsSources(
            flags: [
                "name=bench", "http.port=0", "state.directory=" + folder("state"), "nfs.server=none",
                "hypervisor.uri=test://" + folder("node.xml"), "warehouse.directory=" + folder("warehouse"),
                "network.filter=false",
            ],
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshop-bench"
        )
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let service = try await PlantService.open(PlantSettings(await sources.reader()), logger: logger)
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run { running.yield($0) } }
            for await _ in ports { break }
            while try await !service.service.status().isReady { try await Task.sleep(for: .milliseconds(50)) }
            let value = try await body(service.service)
            group.cancelAll()
            while let _ = try? await group.next() {}
            return value
        }
    }
}

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
