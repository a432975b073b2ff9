import FoundationEssentials
import Testing

@testable import Warehouse

/// Disks that stand on nothing. What shares blocks is tried on real file systems, mounted from files; that needs root.
@Suite("The disk of a clone that stands on nothing", .serialized)
struct WholeCloneTests {
    let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func makeImage(in directory: String) async throws -> String {
        let base = directory + "/base.qcow2"
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", base, "64M")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 0xa5 1M 1M", "-c", "write -P 0x5a 60M 1M", base)
        return base
    }

    /// It has what the image has; what is written to it changes the image in nothing, nor does the image's end.
    private func expectWhole(_ disk: String, of base: String) async throws {
        let reads = ["-c", "read -P 0xa5 1M 1M", "-c", "read -P 0x5a 60M 1M", "-c", "read -P 0 2M 1M"]
        try await Tool.run("qemu-io", ["-f", "qcow2"] + reads + [disk])
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 0x77 1M 64k", disk)
        try await Tool.run("qemu-io", ["-r", "-f", "qcow2"] + reads + [base])
        try FileManager.default.removeItem(atPath: base)
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "read -P 0x77 1M 64k", "-c", "read -P 0x5a 60M 1M", disk)
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk)
        let info = try await Tool.run("qemu-img", "info", "--output=json", "-f", "qcow2", disk)
        #expect(!info.contains("backing"))
    }

    @Test("a copy is whole, says how far it is, and may be asked for again")
    func copy() async throws {
        let base = try await self.makeImage(in: self.folder.path)
        let disk = self.folder("disk.qcow2")
        let (steps, continuation) = AsyncStream.makeStream(of: WarehouseProgress.self)
        for _ in 0..<2 {
            let size = try await DiskClone.createCopy(base: base, format: .qcow2, at: disk) { continuation.yield($0) }
            #expect(size == 64 << 20)
        }
        continuation.finish()
        var last: WarehouseProgress?
        for await step in steps { last = step }
        #expect(last.map { $0.completedBytes == $0.totalBytes && $0.totalBytes > 2 << 20 } == true)
        try await self.expectWhole(disk, of: base)
    }

    @Test("a copy leaves holes holes")
    func holes() async throws {
        let base = self.folder("base.raw")
        try await DiskClone.createEmpty(at: base, format: .raw, virtualSize: 1 << 30)
        try await Tool.run("qemu-io", "-f", "raw", "-c", "write -P 7 512M 8k", base)
        let disk = self.folder("disk.raw")
        try await DiskClone.createCopy(base: base, format: .raw, at: disk)
        let blocks = try await Tool.run("stat", "-c", "%s %b", disk).split(separator: " ").compactMap {
            Int($0.filter(\.isNumber))
        }
        #expect(blocks[0] == 1 << 30 && blocks[1] * 512 < 1 << 20)
        try await Tool.run("cmp", base, disk)
    }

    @Test("another file in its place is not replaced")
    func conflict() async throws {
        let base = try await self.makeImage(in: self.folder.path)
        let disk = try self.folder.write("something else", to: "disk.qcow2")
        let error = await #expect(throws: WarehouseError.self) {
            try await DiskClone.createCopy(base: base, format: .qcow2, at: disk)
        }
        #expect(error?.code == .conflict)
        #expect(try self.folder.read("disk.qcow2") == Array("something else".utf8))
    }

    @Test("shares the image's blocks where the file system can", arguments: ["xfs", "btrfs"])
    func reflink(kind: String) async throws {
        try await self.withFileSystem(kind) { mounted in
            let base = try await self.makeImage(in: mounted)
            #expect(try await DiskClone.reflinkObstacle(of: base, in: mounted) == nil)
            let before = try await self.used(mounted)
            let disk = mounted + "/disk.qcow2"
            #expect(try await DiskClone.createReflink(base: base, format: .qcow2, at: disk) == 64 << 20)
            #expect(try await self.used(mounted) - before < 1 << 20, "the image has more than 2 MiB of data")
            // From elsewhere it cannot be.
            #expect(
                try await DiskClone.reflinkObstacle(of: base, in: self.folder.path)?.contains("two file systems")
                    == true
            )
            try await self.expectWhole(disk, of: base)
        }
    }

    @Test("says why it cannot share blocks, and leaves nothing")
    func noReflink() async throws {
        try await self.withFileSystem("ext4") { mounted in
            let base = try await self.makeImage(in: mounted)
            let obstacle = try await DiskClone.reflinkObstacle(of: base, in: mounted)
            #expect(obstacle == "the file system shares no blocks between files")
            let error = await #expect(throws: WarehouseError.self) {
                try await DiskClone.createReflink(base: base, format: .qcow2, at: mounted + "/disk.qcow2")
            }
            #expect(error?.code == .unsupported)
            let left = try FileManager.default.contentsOfDirectory(atPath: mounted)
            #expect(Set(left) == ["base.qcow2", "lost+found"])
        }
    }

    @Test("the way is chosen by wish, image and file system, and the reason is said")
    func choice() {
        func choose(_ wish: DiskCloneMethod?, _ obstacle: String? = nil, reflink: String? = nil) -> DiskCloneMethod {
            let choice = DiskCloneChoice(wish: wish, obstacle: obstacle, reflinkObstacle: reflink)
            #expect(!choice.reason.isEmpty)
            #expect([obstacle, reflink].compactMap { $0 }.allSatisfy { wish != nil || choice.reason.contains($0) })
            return choice.method
        }
        #expect(choose(nil) == .reflink)
        #expect(choose(nil, reflink: "it cannot") == .overlay)
        #expect(choose(nil, "the disk grows") == .overlay)
        #expect(choose(.overlay) == .overlay)
        #expect(choose(.copy, reflink: "it cannot") == .copy)
        #expect(choose(.copy, "the disk grows") == .overlay)
        #expect(choose(.reflink, reflink: "it cannot") == .overlay)
    }

    private func used(_ mounted: String) async throws -> Int {
        try await Tool.run("sync", "-f", mounted)
        let text = try await Tool.run("df", "-B1", "--output=used", mounted)
        return Int(text.split(whereSeparator: \.isWhitespace).last ?? "") ?? 0
    }

    /// Mounts a new file system for the time of a test.
    private func withFileSystem(_ kind: String, _ body: (String) async throws -> Void) async throws {
        let file = self.folder("\(kind).img")
        let mounted = self.folder(kind)
        try await Tool.run("truncate", "-s", "512M", file)
        try await Tool.run(
            "mkfs.\(kind)",
            kind == "ext4" ? ["-q", file] : kind == "xfs" ? ["-q", "-m", "reflink=1", file] : ["-q", file]
        )
        try FileManager.default.createDirectory(atPath: mounted, withIntermediateDirectories: true)
        try await Tool.run("mount", "-o", "loop", file, mounted)
        do {
            try await body(mounted)
        } catch {
            try await Tool.run("umount", mounted)
            throw error
        }
        try await Tool.run("umount", mounted)
    }
}
