import DAGModel
import FoundationEssentials
import Synchronization
import Testing

@testable import Warehouse

@Suite("The index of images")
struct CatalogueIndexTests {
    let fixture: WarehouseFixture
    let layout: WarehouseLayout

    init() throws {
        self.fixture = try WarehouseFixture()
        self.layout = WarehouseLayout(directory: try PlainPath(self.fixture.folder("warehouse")))
    }

    private var warehouse: Warehouse { self.fixture.warehouse }

    private func catalogue(_ store: (any CatalogueStore)? = nil) -> Catalogue {
        let roots = AllowedRoots(folders: [self.layout.directory])
        return Catalogue(layout: self.layout, roots: roots, settlingTime: -1, store: store)
    }

    private func names(_ catalogue: Catalogue) throws -> Set<String> {
        try catalogue.withIndex(CancellationFlag()) { index in
            Set((0..<index.slotCount).compactMap { index.image($0)?.summary.name })
        }
    }

    private func reads(_ catalogue: Catalogue) -> Int { catalogue.reads.load(ordering: .relaxed) }

    @Test("sees at once what was published, replaced and removed by somebody else, and reads nothing else")
    func changes() async throws {
        let catalogue = self.catalogue()
        #expect(try self.names(catalogue).isEmpty)
        for index in 0..<40 { try await self.warehouse.publish(try self.fixture.draft("i\(index)", size: 512)) }
        #expect(try self.names(catalogue).count == 40)
        #expect(self.reads(catalogue) == 40)
        try await self.warehouse.publish(try self.fixture.draft("i7", fill: 2, size: 1024), replace: true)
        try await self.warehouse.publish(try self.fixture.draft("new", size: 512, history: ["a"]))
        try await self.warehouse.remove("i3")
        for _ in 1...3 { #expect(try self.names(catalogue).count == 40) }
        #expect(try self.names(catalogue).isSuperset(of: ["new", "i7"]))
        #expect(try !self.names(catalogue).contains("i3"))
        #expect(self.reads(catalogue) == 42)
        let graph = try Graph(chain: ["a", "b"].map(WarehouseFixture.action))
        let choice = try await self.warehouse.select(start: Start(), graph: graph)
        guard case .chosen(let chosen) = choice else { return #expect(Bool(false), "\(choice)") }
        #expect(chosen.image.manifest.name == "new")
    }

    @Test("sees a directory that was put there, taken away or written over by hand")
    func byHand() async throws {
        try await self.warehouse.publish(try self.fixture.draft("a", size: 512))
        let catalogue = self.catalogue()
        #expect(try self.names(catalogue) == ["a"])
        let elsewhere = self.fixture.folder("elsewhere")
        try FileManager.default.moveItem(atPath: self.layout.folder(of: "a").description, toPath: elsewhere)
        #expect(try self.names(catalogue).isEmpty)
        try FileManager.default.moveItem(atPath: elsewhere, toPath: self.layout.folder(of: "a").description)
        #expect(try self.names(catalogue) == ["a"])
        try self.fixture.folder.write("no manifest", to: "warehouse/images/a/manifest.json")
        #expect(try self.names(catalogue).isEmpty)
    }

    @Test("of a large warehouse finds by looking around what leaves no trace")
    func lookAround() async throws {
        let count = CatalogueIndex.lookedAtEachTime * 3
        for index in 0..<count { try await self.warehouse.publish(try self.fixture.draft("i\(index)", size: 512)) }
        let catalogue = self.catalogue()
        #expect(try self.names(catalogue).count == count)
        #expect(try catalogue.lookAround(atMost: 0, CancellationFlag()).count == count)
        #expect(try catalogue.lookAround(atMost: 0, CancellationFlag()).isEmpty)
        for index in 0..<count {
            try self.fixture.folder.write("no manifest", to: "warehouse/images/i\(index)/manifest.json")
        }
        #expect(try self.names(catalogue).count >= count - 2 * CatalogueIndex.lookedAtEachTime)
        #expect(try catalogue.lookAround(atMost: 1000, CancellationFlag()).count > CatalogueIndex.lookedAtEachTime)
        #expect(try self.names(catalogue).isEmpty)
    }

    @Test("takes the first of one name; who comes later gets it when the first has gone")
    func names() async throws {
        try await self.warehouse.publish(try self.fixture.draft("a", size: 512))
        let manifest = try Data(contentsOf: URL(filePath: self.layout.manifest(of: "a").description))
        try self.fixture.folder.write(Array(manifest), to: "warehouse/elsewhere/manifest.json")
        let folder = self.fixture.folder
        let version = try #require(try folder.list("warehouse/images/a").first { $0.hasPrefix("version-") })
        try FileManager.default.copyItem(
            atPath: folder("warehouse/images/a/" + version),
            toPath: folder("warehouse/elsewhere/" + version)
        )
        let catalogue = self.catalogue()
        func found() throws -> [ImagePlace] {
            try catalogue.withIndex(CancellationFlag()) { index in
                var found: [ImagePlace] = []
                for prefix in index.prefixes(of: Graph(), weights: []) {
                    index.forEachImage(of: prefix) { if let image = index.image($0) { found.append(image.place) } }
                }
                return found
            }
        }
        let path = folder("warehouse/elsewhere/manifest.json")
        try folder.write("\(path)\n", to: "warehouse/index.txt")
        #expect(try found() == [.published("a")])
        try await self.warehouse.remove("a")
        #expect(try found() == [.named(path)])
        try folder.write("# nothing\n", to: "warehouse/index.txt")
        #expect(try found().isEmpty)
    }

    @Test("that was kept is taken up again: only what changed meanwhile is read")
    func kept() async throws {
        let store = MemoryStore()
        for index in 0..<20 { try await self.warehouse.publish(try self.fixture.draft("i\(index)", size: 512)) }
        #expect(try self.names(self.catalogue(store)).count == 20)
        try await self.warehouse.publish(try self.fixture.draft("i7", fill: 2, size: 1024), replace: true)
        try await self.warehouse.remove("i3")
        let next = self.catalogue(store)
        #expect(try self.names(next).count == 19)
        #expect(self.reads(next) == 1)
        let third = self.catalogue(store)
        #expect(try self.names(third).count == 19)
        #expect(self.reads(third) == 0)
    }

    @Test("that was kept is not believed: of another warehouse, cut, lost or of an image that has changed")
    func foreign() async throws {
        let store = MemoryStore()
        try await self.warehouse.publish(try self.fixture.draft("a", size: 512))
        #expect(try self.names(self.catalogue(store)) == ["a"])

        let other = try WarehouseFixture()
        let layout = WarehouseLayout(directory: try PlainPath(other.folder("warehouse")))
        let stranger = Catalogue(
            layout: layout,
            roots: AllowedRoots(folders: [layout.directory]),
            settlingTime: -1,
            store: store
        )
        #expect(try self.names(stranger).isEmpty)
        #expect(try self.names(self.catalogue(store)) == ["a"])

        store.change { $0 = $0.mapValues { Array($0.dropLast(3)) } }
        #expect(try self.names(self.catalogue(store)) == ["a"])
        store.isBroken.store(true, ordering: .relaxed)
        #expect(try self.names(self.catalogue(store)) == ["a"])
        store.isBroken.store(false, ordering: .relaxed)
        #expect(try self.names(self.catalogue(store)) == ["a"])
        try self.fixture.folder.write("no manifest", to: "warehouse/images/a/manifest.json")
        #expect(try self.names(self.catalogue(store)).isEmpty)
    }

    @Test("keeps every entry and every heading as it is")
    func coding() throws {
        let key = WarehouseFixture.action("x").key
        let summary = ImageSummary(
            name: "a",
            root: "b",
            diskBytes: 1,
            virtualSize: 1 << 40,
            steps: 2,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            operatingSystem: "linux",
            saved: ImageSummary.Saved(memory: ByteCount(bytes: 5), cpus: 2)
        )
        let history = [key, WarehouseFixture.action("y").key]
        let entries = [
            CatalogueEntry(place: .published("a"), stamp: 7, state: .usable(summary, history: history)),
            CatalogueEntry(place: .named("/b"), stamp: nil, state: .unusable(name: "b")),
        ]
        for entry in entries {
            #expect(CatalogueEntry(coded: entry.coded) == entry)
            for count in 0..<entry.coded.count {
                #expect(CatalogueEntry(coded: Array(entry.coded.prefix(count))) == nil)
            }
        }
        let place = ChangeReader.Place(offset: 3, text: [1, 2])
        let heading = CatalogueHeading(
            warehouse: "/w",
            reader: ChangeReader(last: place, open: ["x"]),
            folder: nil,
            indexFile: .max,
            named: [.named("/b")]
        )
        #expect(CatalogueHeading(coded: heading.coded) == heading)
    }
}

/// A store in memory that can break.
private final class MemoryStore: CatalogueStore {
    private let state = Mutex<(heading: [UInt8]?, values: [String: [UInt8]])>((nil, [:]))
    let isBroken = Atomic(false)

    private struct Broken: Error {}

    func load(_ each: ([UInt8]) -> Void) throws -> [UInt8]? {
        if self.isBroken.load(ordering: .relaxed) { throw Broken() }
        let (heading, values) = self.state.withLock { ($0.heading, Array($0.values.values)) }
        values.forEach(each)
        return heading
    }

    func save(_ change: CatalogueChange) throws {
        if self.isBroken.load(ordering: .relaxed) { throw Broken() }
        self.state.withLock { state in
            if change.isWhole { state.values = [:] }
            for (key, value) in change.values { state.values[key] = value }
            state.heading = change.heading
        }
    }

    func change(_ body: (inout [String: [UInt8]]) -> Void) { self.state.withLock { body(&$0.values) } }
}
