import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("A machine that a plant has noted on an image")
struct HolderTests {
    private let fixture: WarehouseFixture
    private let holder = ImageHolder(machine: "vms-one", plant: "plant7")

    init() throws { fixture = try WarehouseFixture() }

    @Test("keeps it from being removed by anybody who uses the warehouse, until it is forgotten")
    func removal() async throws {
        try await fixture.warehouse.publish(try fixture.draft("a"))
        let image = try await fixture.warehouse.image(named: "a")
        #expect(try await fixture.warehouse.hold(image, by: holder))
        #expect(try await fixture.warehouse.hold(image, by: holder), "to note it twice is to note it")
        let other = try Warehouse(directory: fixture.folder("warehouse"))
        do throws(WarehouseError) {
            try await other.remove("a")
            Issue.record("it was removed")
        } catch {
            #expect(
                error.code == .inUse && error.message.contains("a machine stands on it")
                    && error.message.contains("vms-one on plant7")
            )
        }
        #expect(try await other.verify("a").isIntact)
        #expect(try await other.versions().map(\.holders) == [[holder]])
        let mark = try #require(try fixture.warehouse.mark(of: "vms-one", on: image))
        try await fixture.warehouse.letGo(mark)
        try await fixture.warehouse.letGo(mark)
        try await other.remove("a")
        #expect(try fixture.images().isEmpty)
    }

    @Test("counts once with what a shop says, and not at all for whoever says so")
    func force() async throws {
        let fixture = try WarehouseFixture { _ in ["ONE"] }
        try await fixture.warehouse.publish(try fixture.draft("a"))
        try await fixture.warehouse.hold(try await fixture.warehouse.image(named: "a"), by: holder)
        do throws(WarehouseError) {
            try await fixture.warehouse.remove("a")
            Issue.record("it was removed")
        } catch {
            #expect(
                error.message.contains("a machine stands on it") && !error.message.contains("vms-one"),
                "\(error.message)"
            )
        }
        let other = try Warehouse(directory: fixture.folder("warehouse"))
        try await other.remove("a", despiteHolders: true)
        #expect(try fixture.images().isEmpty)
    }

    @Test("keeps a version that was replaced, from a replacement and from the collection of garbage")
    func replaced() async throws {
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 1))
        let old = try await fixture.warehouse.image(named: "a")
        try await fixture.warehouse.hold(old, by: holder)
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 2), replace: true)
        #expect(try await fixture.warehouse.versions().count == 2)
        let plan = try await fixture.warehouse.garbage(uses: [])
        #expect(plan.decisions.allSatisfy { !$0.isRemoved })
        #expect(plan.decisions.contains { $0.reason == "1 stands on it: vms-one on plant7" })
        try await fixture.warehouse.letGo(try #require(try fixture.warehouse.mark(of: "vms-one", on: old)))
        let later = try await fixture.warehouse.garbage(uses: [])
        // One comes to stand on it between the plan and the removal.
        let late = { @Sendable () async throws -> [ImageUse] in
            try await self.fixture.warehouse.hold(old, by: self.holder)
            return []
        }
        let outcome = try await fixture.warehouse.collect(later, uses: late)
        #expect(outcome[old.manifest.reference]??.contains("vms-one") == true)
        #expect(FileManager.default.fileExists(atPath: old.diskPath))
    }

    @Test("is found by whoever has taken the version away, who puts it back, also when nobody can say who is noted")
    func putBack() async throws {
        try await fixture.warehouse.publish(try fixture.draft("a"))
        let image = try await fixture.warehouse.image(named: "a")
        let folder = try PlainPath(image.diskPath).parent
        let take = { () throws(WarehouseError) in
            try Warehouse.removeUnlessHeld(folder, image.manifest.reference, fixture.warehouse.layout)
        }
        try await fixture.warehouse.hold(image, by: holder)
        await expectError(.inUse) { try take() }
        #expect(try await fixture.warehouse.verify("a").isIntact)
        let notes = folder.appending(HolderMarks.name).description
        try FileManager.default.removeItem(atPath: notes)
        try Data("no folder".utf8).write(to: URL(filePath: notes))
        await expectError(.inUse) { try take() }
        #expect(try await fixture.warehouse.verify("a").isIntact)
        try FileManager.default.removeItem(atPath: notes)
        try take()
        #expect(try fixture.images() == ["a"] && !FileManager.default.fileExists(atPath: folder.description))
    }

    @Test("is refused where the version is gone, and leaves nothing")
    func gone() async throws {
        try await fixture.warehouse.publish(try fixture.draft("a"))
        let image = try await fixture.warehouse.image(named: "a")
        try await fixture.warehouse.remove("a")
        await expectError(.notFound) { try await fixture.warehouse.hold(image, by: holder) }
        #expect(try fixture.images().isEmpty)
    }

    @Test("is refused while the image is being taken away")
    func withdrawn() async throws {
        let asked = AskCounter()
        let held = try WarehouseFixture { _ in
            await asked.ask()
            return []
        }
        try await held.warehouse.publish(try held.draft("a"))
        let image = try await held.warehouse.image(named: "a")
        // The second question comes after the manifest was taken away.
        await asked.onSecond { await expectError(.notFound) { try await held.warehouse.hold(image, by: holder) } }
        try await held.warehouse.remove("a")
        #expect(await asked.count == 2)
        #expect(try held.images().isEmpty)
    }

    @Test("bears a plain name, and only a mark of this warehouse is forgotten")
    func names() async throws {
        try await fixture.warehouse.publish(try fixture.draft("a"))
        let image = try await fixture.warehouse.image(named: "a")
        for name in ["../x", "a/b", "..", "", ".", ".hidden", "a\0b"] {
            await expectError(.unsafePath) {
                try await fixture.warehouse.hold(image, by: ImageHolder(machine: name, plant: "p"))
            }
        }
        let precious = try fixture.folder.write("x", to: "others/machines/precious")
        for path in [
            precious, image.diskPath, "machines/x", fixture.folder("warehouse") + "/images/../../x/machines/y",
        ] {
            await expectError(.unsafePath) { try await fixture.warehouse.letGo(path) }
        }
        #expect(FileManager.default.fileExists(atPath: precious))
        #expect(try await fixture.warehouse.verify("a").isIntact)
    }
}

private actor AskCounter {
    private(set) var count = 0
    private var second: @Sendable () async -> Void = {}

    func onSecond(_ body: @escaping @Sendable () async -> Void) { second = body }

    func ask() async {
        count += 1
        if count == 2 { await second() }
    }
}
