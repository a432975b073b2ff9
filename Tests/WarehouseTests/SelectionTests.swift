import DAGModel
import FoundationEssentials
import SeededRandom
import Testing

@testable import Warehouse

@Suite("Choosing an image")
struct SelectionTests {
    private func listing(
        _ name: String,
        history: [String] = [],
        diskMiB: Int = 1024,
        memoryMiB: Int? = 128,
        architecture: String = "x86_64",
        system: String? = "linux-debian-12"
    ) throws -> ImageListing {
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let manifest = ImageManifest(
            formatVersion: 1,
            name: name,
            disk: DiskFile(
                path: "disk.qcow2",
                format: .qcow2,
                virtualSize: diskMiB << 20,
                bytes: 4096,
                digest: digest
            ),
            boot: nil,
            hardware: ImageHardware(
                minimumMemory: memoryMiB.map { ByteCount(bytes: $0 << 20) },
                architecture: architecture
            ),
            operatingSystem: system,
            guest: .runner,
            history: try history.map(WarehouseFixture.performed),
            published: Date(timeIntervalSince1970: 0),
            description: nil
        )
        let image = WarehouseImage(
            manifest: manifest,
            diskPath: "/\(name)",
            kernelPath: nil,
            initrdPath: nil,
            source: .published
        )
        return ImageListing(name: name, source: .published, state: .usable(image))
    }

    private func chain(_ names: String...) throws -> Graph {
        try Graph(chain: names.map(WarehouseFixture.action))
    }

    private func select(
        _ listings: [ImageListing],
        _ graph: Graph,
        _ start: Start = Start(),
        time: ReadyTime? = nil
    ) async -> ImageSelection {
        let time = time ?? .unknown(graph)
        let supply = ListedImages(listings)
        return await supply.select(start: start, graph: graph, time: time)
    }

    private func chosen(_ selection: ImageSelection) throws -> ImageChoice {
        guard case .chosen(let choice) = selection else {
            Issue.record("refused: \(selection)")
            throw WarehouseError(.notFound, "refused")
        }
        return choice
    }

    @Test("where nothing is known of durations, takes the one that has most of the graph, and says what is left")
    func most() async throws {
        let listings = [
            try self.listing("blank"), try self.listing("one", history: ["a"]),
            try self.listing("two", history: ["a", "b"]),
            try self.listing("gap", history: ["a", "c"]), try self.listing("foreign", history: ["x"]),
        ]
        let choice = try await self.chosen(self.select(listings, try self.chain("a", "b", "c")))
        #expect(choice.image.manifest.name == "two")
        #expect(choice.reused.map(\.id) == ["a", "b"])
        #expect(choice.left.map(\.id) == ["c"])
        #expect(choice.recordedOutputs == ["a": ["of": "a"], "b": ["of": "b"]])
        #expect(choice.expectedSeconds == 1)
    }

    @Test("takes the one by which the machine is ready first, though another has more done")
    func soonest() async throws {
        let listings = [
            try self.listing("two", history: ["a", "b"]), try self.listing("last", history: ["c"]),
            try self.listing("slow", history: ["a", "b", "c"]),
        ]
        let graph = try Graph(actions: ["a", "b", "c"].map(WarehouseFixture.action), edges: [])
        func choose(_ actions: [Double]) async throws -> ImageChoice {
            let time = ReadyTime(actions: actions, least: 2) { $0.name == "slow" ? 100 : 2 }
            return try self.chosen(await self.select(listings, graph, time: time))
        }
        let one = try await choose([1, 1, 30])
        #expect(one.image.manifest.name == "last" && one.expectedSeconds == 4)
        let other = try await choose([20, 20, 30])
        #expect(other.image.manifest.name == "two" && other.expectedSeconds == 32)
        // The time of an image that is named is told as well.
        let time = ReadyTime(actions: [1, 1, 30]) { _ in 5 }
        let named = try self.chosen(await self.select(listings, graph, Start(image: "two"), time: time))
        #expect(named.expectedSeconds == 35)
    }

    @Test("says why each does not fit when none does")
    func reasons() async throws {
        let listings = [try self.listing("gap", history: ["a", "c"]), try self.listing("foreign", history: ["x"])]
        guard case .refused(let misfits) = await self.select(listings, try self.chain("a", "b", "c")) else {
            Issue.record("an image was taken that does not fit")
            return
        }
        #expect(misfits.map(\.image) == ["gap", "foreign"])
        let tests = misfits.compactMap { misfit -> HistoryMismatch.Test? in
            guard case .history(let mismatch) = misfit.reason else { return nil }
            return mismatch.test
        }
        #expect(tests == [.prefix, .subset])
    }

    @Test("takes the smallest disk among equals, and then the first name")
    func ties() async throws {
        let listings = [
            try self.listing("b"), try self.listing("c", diskMiB: 512), try self.listing("a"),
            try self.listing("d", diskMiB: 512),
        ]
        let graph = try self.chain("x")
        #expect(try await self.chosen(self.select(listings, graph)).image.manifest.name == "c")
        #expect(try await self.chosen(self.select([listings[0], listings[2]], graph)).image.manifest.name == "a")
    }

    @Test("passes over an image that lacks what its actions published, for one that has less done or has it recorded")
    func unrecorded() async throws {
        let listings = [try self.listing("two", history: ["a", "b"]), try self.listing("one", history: ["a"])]
        var (first, second) = (WarehouseFixture.action("a"), WarehouseFixture.action("b"))
        first.outputs = [Output(name: "of"), Output(name: "note", required: false)]
        second.outputs = [Output(name: "of"), Output(name: "path")]
        let graph = try Graph(chain: [first, second])
        let choice = try await self.chosen(self.select(listings, graph))
        #expect(choice.image.manifest.name == "one")
        #expect(choice.misfits == [ImageMisfit(image: "two", reason: .outputs(action: "b", missing: ["path"]))])
        #expect(choice.misfits.first?.description.contains("path") == true)
        let refused = await self.select(listings, graph, Start(image: "two"))
        #expect(refused == .refused([ImageMisfit(image: "two", reason: .outputs(action: "b", missing: ["path"]))]))
    }

    @Test("takes the named one or none")
    func named() async throws {
        let listings = [try self.listing("two", history: ["a", "b"]), try self.listing("one", history: ["a"])]
        let graph = try self.chain("a", "b")
        #expect(try await self.chosen(self.select(listings, graph, Start(image: "one"))).image.manifest.name == "one")
        #expect(
            await self.select(listings, graph, Start(image: "three"))
                == .refused([ImageMisfit(image: "three", reason: .unknown)])
        )
        guard case .refused(let misfits) = await self.select(listings, try self.chain("a"), Start(image: "two")),
            case .history(let mismatch) = misfits.first?.reason
        else {
            Issue.record("an image that has more than was asked for was taken")
            return
        }
        #expect(mismatch.test == .subset)
        let bad = ImageListing(name: "bad", source: .published, state: .unusable(reason: "no disk"))
        #expect(
            await self.select([bad], graph, Start(image: "bad"))
                == .refused([ImageMisfit(image: "bad", reason: .unusable("no disk"))])
        )
    }

    @Test("takes none where the hardware does not fit, and makes the disk as large as it must be")
    func hardware() async throws {
        let listings = [try self.listing("a")]
        let graph = Graph()
        func reason(_ hardware: Hardware) async -> ImageMisfit.Reason? {
            guard case .refused(let misfits) = await self.select(listings, graph, Start(hardware: hardware)) else {
                return nil
            }
            return misfits.first?.reason
        }
        let mebibytes = { ByteCount(bytes: $0 << 20) }
        #expect(
            await reason(Hardware(architecture: "aarch64"))
                == .hardware(.architecture(requested: "aarch64", image: "x86_64"))
        )
        #expect(
            await reason(Hardware(operatingSystem: "windows"))
                == .hardware(.operatingSystem(requested: "windows", image: "linux-debian-12"))
        )
        #expect(
            await reason(Hardware(memory: mebibytes(127)))
                == .hardware(.memory(requested: mebibytes(127), minimum: mebibytes(128)))
        )
        #expect(
            await reason(Hardware(disk: mebibytes(1023)))
                == .hardware(.disk(requested: mebibytes(1023), image: mebibytes(1024)))
        )
        for tooLarge in [Int.max, QCOW2Header.maximumVirtualSize + 1] {
            let disk = ByteCount(bytes: tooLarge)
            #expect(await reason(Hardware(disk: disk)) == .diskLimit(requested: disk))
        }
        let fitting = Hardware(
            memory: mebibytes(128),
            cpus: 4,
            disk: ByteCount(bytes: 1_100_000_000),
            architecture: "x86_64",
            operatingSystem: "Linux"
        )
        let choice = try await self.chosen(self.select(listings, graph, Start(hardware: fitting)))
        #expect(choice.diskSize == 1_100_000_256)
        #expect(try await self.chosen(self.select(listings, graph)).diskSize == 1 << 30)
    }

    @Test("refuses everything in an empty warehouse")
    func empty() async {
        #expect(await self.select([], Graph()) == .refused([]))
    }

    @Test("looks at no history that could not be the best, and yet finds the best that fits, however many do not")
    func bounded() async throws {
        var listings = try (0..<300).map { try self.listing("small\($0)", diskMiB: 2048) }
        listings += try (0..<3).map { try self.listing("damaged\($0)", history: ["a"]) }
        listings += [try self.listing("last", history: ["b"])]
        let graph = try Graph(actions: ["a", "b"].map(WarehouseFixture.action), edges: [])
        var supply = ListedImages(listings)
        supply.damaged = Set((0..<3).map { "damaged\($0)" })
        let asked = Counter()
        let time = ReadyTime(actions: [10, 5], least: 1) { _ in
            asked.add()
            return 1
        }
        let choice = try self.chosen(await supply.select(start: Start(), graph: graph, time: time))
        #expect(choice.image.manifest.name == "last" && choice.expectedSeconds == 11)
        #expect(choice.misfits.count == 3)
        // The three, then with the next history; never the 300.
        #expect(asked.count < 20)
    }

    @Test("says of many images that do not fit a hundred reasons, and how many it does not tell")
    func manyReasons() async throws {
        let supply = ListedImages(try (0..<250).map { try self.listing("i\($0)", diskMiB: 2048) })
        let start = Start(hardware: Hardware(disk: ByteCount(bytes: 1 << 30)))
        guard case .refused(let misfits) = await supply.select(start: start, graph: Graph(), time: .unknown(Graph()))
        else {
            Issue.record("an image was taken that does not fit")
            return
        }
        #expect(Set(misfits.map(\.image)).count == misfits.count)
        guard case .untold(let untold) = misfits.last?.reason else {
            Issue.record("it is not said how many are not told")
            return
        }
        #expect(untold + misfits.count - 1 == 250)
        #expect(misfits.count <= 201)
    }

    @Test("agrees with trying everything, for thousands of random warehouses and graphs")
    func bruteForce() async throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let (graph, edges) = try Self.randomGraph(&random)
            var listings: [ImageListing] = []
            for index in 0..<Int.random(in: 0...8, using: &random) {
                let steps = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    String(Int.random(in: 0...6, using: &random))
                }
                var seen: Set<String> = []
                let disk = Int.random(in: 1...2, using: &random)
                let history = steps.filter { seen.insert($0).inserted }.map { "s" + $0 }
                listings.append(try self.listing("i\(index)", history: history, diskMiB: disk))
            }
            listings.shuffle(using: &random)
            let fitting = listings.compactMap(\.image).filter { image in
                Self.fits(image.manifest.history.map(\.action), graph.actions.map(\.id), edges)
            }
            // Seconds that add up without a rounding.
            let costs = graph.actions.map { _ in Double(Int.random(in: 0...3, using: &random)) }
            let starts = (0...8).map { _ in Double(Int.random(in: 1...3, using: &random)) }
            let start: @Sendable (String) -> Double = { starts[Int($0.dropFirst()) ?? 0] }
            let seconds: (ImageManifest) -> Double = { manifest in
                let done = Set(manifest.history.map(\.action))
                return start(manifest.name)
                    + zip(graph.actions, costs).filter { !done.contains($0.0.id) }
                    .reduce(0) { $0 + $1.1 }
            }
            let time = ReadyTime(actions: costs, least: 1) { start($0.name) }
            let best = fitting.max { left, right in
                let (l, r) = (left.manifest, right.manifest)
                if seconds(l) != seconds(r) { return seconds(l) > seconds(r) }
                if l.history.count != r.history.count { return l.history.count < r.history.count }
                if l.disk.virtualSize != r.disk.virtualSize { return l.disk.virtualSize > r.disk.virtualSize }
                return l.name > r.name
            }
            switch await self.select(listings, graph, time: time) {
            case .chosen(let choice):
                #expect(choice.image == best)
                #expect(choice.expectedSeconds == best.map { seconds($0.manifest) })
            case .refused(let misfits):
                #expect(best == nil)
                #expect(misfits.count == listings.count)
            }
        }
    }

    /// Up to five actions named s0…s5, with edges from earlier ones to later ones.
    private static func randomGraph(_ random: inout SeededGenerator) throws -> (Graph, [Edge]) {
        let names = (0..<Int.random(in: 0...5, using: &random)).map { "s\($0)" }.shuffled(using: &random)
        var edges: [Edge] = []
        for (index, name) in names.enumerated() {
            for later in names.dropFirst(index + 1) where Int.random(in: 0...2, using: &random) == 0 {
                edges.append(Edge(from: name, to: later))
            }
        }
        let actions = names.shuffled(using: &random).map(WarehouseFixture.action)
        return (try Graph(actions: actions, edges: edges), edges)
    }

    /// The three tests, word by word.
    private static func fits(_ history: [String], _ actions: [String], _ edges: [Edge]) -> Bool {
        let isSubset = history.allSatisfy(actions.contains)
        let isPrefix = edges.allSatisfy { !history.contains($0.to) || history.contains($0.from) }
        let isOrdered = edges.allSatisfy { edge in
            guard let from = history.firstIndex(of: edge.from), let to = history.firstIndex(of: edge.to) else {
                return true
            }
            return from < to
        }
        return isSubset && isPrefix && isOrdered
    }
}
