import DAGModel
import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("A warehouse that verifies")
struct DigestTests {
    let fixture: WarehouseFixture
    let warehouse: Warehouse
    let ledger = DigestLedger(settlingTime: -1)

    init() throws {
        self.fixture = try WarehouseFixture()
        var warehouse = try Warehouse(
            directory: self.fixture.folder("warehouse"),
            allowedRoots: [self.fixture.folder("others")],
            verifies: true
        )
        warehouse.ledger = self.ledger
        self.warehouse = warehouse
    }

    private func reason(_ name: String) async throws -> String? {
        guard case .unusable(let reason) = try await self.warehouse.images().first(where: { $0.name == name })?.state
        else { return nil }
        return reason
    }

    private func select(_ name: String? = nil) async throws -> ImageSelection {
        let graph = try Graph(chain: [WarehouseFixture.action("one")])
        return try await self.warehouse.select(start: Start(image: name, hardware: Hardware()), graph: graph)
    }

    @Test(
        "lists an image as damaged when a file of it differs, however the file looks",
        arguments: WarehouseFixture.roles
    )
    func damage(role: ImageFileRole) async throws {
        try await self.warehouse.publish(try self.fixture.draft("a", boot: true))
        let image = try await self.warehouse.image(named: "a")
        #expect(try await self.reason("a") == nil)
        let path = try await self.fixture.file(role, of: "a")
        try WarehouseFixture.damage(path)
        let reason = try #require(try await self.reason("a"))
        #expect(reason.contains("\(path) is damaged: its digest is sha256:"))
        await expectError(.damaged) { _ = try await self.warehouse.image(named: "a") }
        let overlay = self.fixture.folder("overlay")
        await expectError(.damaged) { try await self.warehouse.clone(image, to: overlay, virtualSize: 1 << 20) }
        #expect(!FileManager.default.fileExists(atPath: overlay))
        // Who does not verify believes it.
        #expect(try await self.fixture.warehouse.image(named: "a") == image)
    }

    @Test("chooses the next best image instead of a damaged one, and says why")
    func choice() async throws {
        try await self.warehouse.publish(try self.fixture.draft("best", history: ["one"]))
        try await self.warehouse.publish(try self.fixture.draft("plain"))
        try WarehouseFixture.damage(try await self.fixture.file(.disk, of: "best"))
        guard case .chosen(let choice) = try await self.select() else {
            Issue.record("nothing was chosen")
            return
        }
        #expect(choice.image.manifest.name == "plain")
        #expect(
            choice.misfits.map(\.description).contains { $0.contains("best cannot be used") && $0.contains("digest") }
        )
        guard case .refused(let misfits) = try await self.select("best") else {
            Issue.record("a damaged image was chosen")
            return
        }
        #expect(misfits.count == 1)
    }

    @Test("reads each file once: for many who ask at the same time, and also when its owner changes")
    func once() async throws {
        try await self.fixture.warehouse.publish(try self.fixture.draft("a", size: 8 << 20))
        try await self.fixture.warehouse.publish(try self.fixture.draft("b"))
        let warehouse = self.warehouse
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { (try? await warehouse.image(named: "a")) != nil } }
            for await isFound in group { #expect(isFound) }
        }
        #expect(await self.ledger.readings == 1)
        let path = try await self.fixture.file(.disk, of: "a")
        try await Tool.run("chmod", "0400", path)
        _ = try await self.warehouse.image(named: "a")
        #expect(await self.ledger.readings == 1)
        try await Tool.run("touch", path)
        for _ in 1...2 { _ = try await self.warehouse.image(named: "a") }
        #expect(await self.ledger.readings == 2)
    }

    @Test("lets go of who is cancelled while a file is read, and reads on for the others")
    func cancellation() async throws {
        try await self.fixture.warehouse.publish(try self.fixture.draft("a", size: 64 << 20))
        let warehouse = self.warehouse
        let waiting = Task { _ = try await warehouse.image(named: "a") }
        waiting.cancel()
        _ = await waiting.result
        _ = try await warehouse.image(named: "a")
        #expect(await self.ledger.readings == 1)
    }

    @Test("does not keep what it found in a file that may still change")
    func settling() async throws {
        let ledger = DigestLedger(settlingTime: 3600)
        var warehouse = self.warehouse
        warehouse.ledger = ledger
        try await warehouse.publish(try self.fixture.draft("a"))
        for _ in 1...3 { _ = try await warehouse.image(named: "a") }
        #expect(await ledger.readings == 3)
    }

    @Test("looks through the tables of a disk that others made")
    func foreign() async throws {
        let disk = self.fixture.folder("others/disk.qcow2")
        try self.fixture.folder.write("", to: "others/disk.qcow2")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", disk, "1M")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", disk)
        try await Tool.run("truncate", "-s", "-512", disk)
        let digest = try await Tool.run("sha256sum", disk).prefix(64)
        let bytes = try self.fixture.folder.read("others/disk.qcow2").count
        let manifest = try self.fixture.folder.write(
            """
            {"formatVersion": 1, "name": "foreign",
             "disk": {"path": "disk.qcow2", "format": "qcow2", "virtualSize": 1048576, "bytes": \(bytes),
                      "digest": "sha256:\(digest)"},
             "hardware": {"architecture": "x86_64"}, "guest": "runner", "history": [],
             "published": "2026-01-01T00:00:00Z"}
            """,
            to: "others/foreign.json"
        )
        try self.fixture.folder.write(manifest, to: "warehouse/index.txt")
        #expect(try await self.reason("foreign")?.contains("cut off") == true)
    }
}
