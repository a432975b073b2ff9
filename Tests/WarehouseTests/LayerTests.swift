import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("An image that stands on another")
struct LayerTests {
    let fixture: WarehouseFixture

    init() throws {
        self.fixture = try WarehouseFixture()
    }

    private var warehouse: Warehouse { self.fixture.warehouse }
    private var folder: TemporaryFolder { self.fixture.folder }

    /// Publishes a qcow2 disk of 4 MiB that begins with 64 KiB of 0x11.
    private func publishBase(_ name: String = "base", replace: Bool = false, fill: UInt8 = 0x11) async throws {
        let disk = self.folder("drafts-\(name)-\(fill).qcow2")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", disk, "4M")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P \(fill) 0 64k", disk)
        var draft = try self.fixture.draft(name)
        draft.disk = disk
        draft.format = .qcow2
        try await self.warehouse.publish(draft, replace: replace)
    }

    /// A machine's disk on an image, to which its guest wrote 64 KiB.
    private func machine(on image: String, writes fill: UInt8, at offset: Int) async throws -> (String, WarehouseImage)
    {
        let base = try await self.warehouse.image(named: image)
        let disk = self.folder("machine-\(image)-\(fill).qcow2")
        try await self.warehouse.clone(base, to: disk, virtualSize: 8 << 20)
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P \(fill) \(offset) 64k", disk)
        return (disk, base)
    }

    /// What a machine becomes an image with.
    private func layer(_ name: String, _ disk: String, on base: WarehouseImage) throws -> ImageDraft {
        var draft = try self.fixture.draft(name)
        (draft.disk, draft.format, draft.base) = (disk, .qcow2, base)
        (draft.parent, draft.origin) = (base.manifest.reference, .machine)
        return draft
    }

    private func publishLayer(_ name: String, on image: String, writes fill: UInt8, at offset: Int) async throws {
        let (disk, base) = try await self.machine(on: image, writes: fill, at: offset)
        try await self.warehouse.publish(try self.layer(name, disk, on: base))
    }

    @Test("is made whole with what it wrote and what is beneath it, and stands on nothing then")
    func whole() async throws {
        try await self.publishBase()
        try await self.publishLayer("middle", on: "base", writes: 0x22, at: 1 << 20)
        let (disk, image) = try await self.machine(on: "middle", writes: 0x33, at: 2 << 20)
        let copy = self.folder("copy.qcow2")
        let snapshot = try await self.warehouse.snapshot(disk, of: image, to: copy)
        #expect(snapshot.standsOnImage)
        let whole = try await self.warehouse.flatten(snapshot, by: copy + ".whole")
        #expect(whole == DiskSnapshot(path: copy, standsOnImage: false))
        for (fill, offset) in [(0x11, 0), (0x22, 1 << 20), (0x33, 2 << 20), (0, 3 << 20), (0, 6 << 20)] {
            try await Tool.run("qemu-io", "-f", "qcow2", "-c", "read -P \(fill) \(offset) 64k", copy)
        }
        let described = try await Tool.run("qemu-img", "info", "--output=json", copy)
        #expect(!described.contains("backing"))
        #expect(!FileManager.default.fileExists(atPath: copy + ".whole"))
    }

    @Test("gives machines what it wrote and what is beneath it, and names its parent")
    func chain() async throws {
        try await self.publishBase()
        try await self.publishLayer("middle", on: "base", writes: 0x22, at: 1 << 20)
        try await self.publishLayer("top", on: "middle", writes: 0x33, at: 2 << 20)
        let top = try await self.warehouse.image(named: "top")
        let middle = try await self.warehouse.image(named: "middle")

        #expect(top.manifest.parent == middle.manifest.reference)
        #expect(top.manifest.disk.layers.map(\.image.name) == ["middle", "base"])
        #expect(top.manifest.disk.bytes < 1 << 20)
        #expect(top.manifest.disk.virtualSize == 8 << 20)
        let disk = self.folder("clone.qcow2")
        try await self.warehouse.clone(top, to: disk, virtualSize: 16 << 20)
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk)
        let reads = ["read -P 0x11 0 64k", "read -P 0x22 1M 64k", "read -P 0x33 2M 64k", "read -P 0 4M 1M"]
        for read in reads { try await Tool.run("qemu-io", "-r", "-f", "qcow2", "-c", read, disk) }
        #expect(try await self.warehouse.verify("top").files.map(\.role) == [.disk, .layer, .layer])
        #expect(try await self.warehouse.verify("top").isIntact)
    }

    @Test("can be used where the warehouse was moved to")
    func moved() async throws {
        try await self.publishBase()
        try await self.publishLayer("top", on: "base", writes: 0x22, at: 0)
        try FileManager.default.moveItem(atPath: self.folder("warehouse"), toPath: self.folder("elsewhere"))
        let moved = try Warehouse(directory: self.folder("elsewhere"), verifies: true)
        let disk = self.folder("clone.qcow2")
        try await moved.clone(try await moved.image(named: "top"), to: disk, virtualSize: 8 << 20)
        try await Tool.run("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 0x22 0 64k", disk)
    }

    @Test("cannot be used when what is beneath it is damaged or gone, and that is said")
    func damagedLayer() async throws {
        try await self.publishBase()
        try await self.publishLayer("top", on: "base", writes: 0x22, at: 0)
        let beneath = try #require(try await self.warehouse.image(named: "top").layerPaths.first)
        try WarehouseFixture.damage(beneath)
        let careful = try Warehouse(directory: self.folder("warehouse"), verifies: true)
        let message = await expectError(.damaged) { _ = try await careful.image(named: "top") }
        #expect(message.contains(beneath))
        let found = try await self.warehouse.verify("top").files.filter { $0.difference != nil }
        #expect(found.map(\.role) == [.layer])
        try FileManager.default.removeItem(atPath: beneath)
        await expectError(.damaged) { _ = try await self.warehouse.image(named: "top") }
    }

    @Test("is refused when its header names anything but the disk that its manifest says is beneath it")
    func foreignBacking() async throws {
        try await self.publishBase()
        let (disk, base) = try await self.machine(on: "base", writes: 0x22, at: 0)
        try await Tool.run("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/shadow", disk)
        let message = await expectError(.unsafeImage) {
            try await self.warehouse.publish(try self.layer("top", disk, on: base))
        }
        #expect(message.contains("/etc/shadow"))
        try await Tool.run("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "raw", "-b", base.diskPath, disk)
        await expectError(.unsafeImage) { try await self.warehouse.publish(try self.layer("top", disk, on: base)) }
        #expect(try self.fixture.images() == ["base"])
    }

    @Test("found with another header later, is not used")
    func changedHeader() async throws {
        try await self.publishBase()
        try await self.publishLayer("top", on: "base", writes: 0x22, at: 0)
        let disk = try await self.warehouse.image(named: "top").diskPath
        try await Tool.run("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/shadow", disk)
        let message = await expectError(.damaged) { _ = try await self.warehouse.image(named: "top") }
        #expect(message.contains("/etc/shadow"))
    }

    @Test("keeps what it stands on: that is neither removed nor replaced away")
    func keeps() async throws {
        try await self.publishBase()
        try await self.publishLayer("top", on: "base", writes: 0x22, at: 1 << 20)
        let message = await expectError(.inUse) { try await self.warehouse.remove("base") }
        #expect(message.contains("top"))

        try await self.publishBase(replace: true, fill: 0x44)
        #expect(try await self.warehouse.verify("top").isIntact)
        let disk = self.folder("clone.qcow2")
        try await self.warehouse.clone(try await self.warehouse.image(named: "top"), to: disk, virtualSize: 8 << 20)
        try await Tool.run("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 0x11 0 64k", disk)

        try await self.warehouse.remove("top")
        try await self.warehouse.remove("base")
        #expect(try self.fixture.images().isEmpty)
    }

    @Test("is refused when it would stand on more disks than are allowed, with what to do")
    func depth() async throws {
        try await self.publishBase("l0")
        for number in 1...DiskLayer.maximumDepth {
            try await self.publishLayer("l\(number)", on: "l\(number - 1)", writes: UInt8(number), at: number << 16)
        }
        let message = await expectError(.invalidDraft) {
            try await self.publishLayer("l9", on: "l\(DiskLayer.maximumDepth)", writes: 9, at: 0)
        }
        #expect(message.contains("flatten"))
        #expect(try self.fixture.images().count == DiskLayer.maximumDepth + 1)
    }

    @Test("does not appear when the image beneath was removed while it was being copied")
    func lateRemoval() async throws {
        try await self.publishBase()
        let (disk, base) = try await self.machine(on: "base", writes: 0x22, at: 0)
        try await self.warehouse.remove("base")
        await expectError(.notFound) { try await self.warehouse.publish(try self.layer("top", disk, on: base)) }
        #expect(try self.fixture.images().isEmpty)
    }

    @Test("a version is told from another by its content, wherever it is and whatever it is called")
    func contentDigest() async throws {
        try await self.publishBase("a")
        try await self.publishBase("b")
        let (a, b) = (try await self.warehouse.image(named: "a"), try await self.warehouse.image(named: "b"))
        #expect(a.manifest.contentDigest == b.manifest.contentDigest)
        try await self.publishBase("a", replace: true, fill: 0x12)
        #expect(try await self.warehouse.image(named: "a").manifest.contentDigest != b.manifest.contentDigest)
    }
}
