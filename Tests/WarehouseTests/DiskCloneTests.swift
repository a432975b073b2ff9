import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("The disk of a clone")
struct DiskCloneTests {
    let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    @Test(
        "is a qcow2 overlay that QEMU finds without fault, whatever its size",
        arguments: [1 << 20, (1 << 20) + 512, 512 << 20, (512 << 20) + 512, 10 << 30, 8 << 40, 64 << 40]
    )
    func overlay(size: Int) async throws {
        let base = self.folder("base.qcow2")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", base, "1M")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 0xa5 4096 8192", base)
        let disk = self.folder("disk.qcow2")
        let made = try await DiskClone.createOverlay(base: base, format: .qcow2, at: disk, virtualSize: size)

        #expect(made == size)
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk)
        let info = try await Tool.run("qemu-img", "info", "--output=json", "-f", "qcow2", disk)
        #expect(info.contains("\"virtual-size\": \(size),"))
        #expect(info.contains("\"backing-filename\": \"\(base)\""))
        #expect(info.contains("\"backing-filename-format\": \"qcow2\""))
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "read -P 0xa5 4096 8192", "-c", "read -P 0 0 4096", disk)
    }

    @Test("can be written by QEMU at both ends, and its base stays as it was")
    func writes() async throws {
        let base = try self.folder.write([UInt8](repeating: 0x11, count: 1 << 20), to: "base.raw")
        let disk = self.folder("disk.qcow2")
        let size = 8 << 40
        try await DiskClone.createOverlay(base: base, format: .raw, at: disk, virtualSize: size)
        try await Tool.run(
            "qemu-io",
            "-f",
            "qcow2",
            "-c",
            "write -P 0x22 0 4096",
            "-c",
            "write -P 0x33 \(size - 65_536) 65536",
            disk
        )
        let reads = ["read -P 0x22 0 4096", "read -P 0x11 4096 4096", "read -P 0x33 \(size - 65_536) 65536"]
        for read in reads { try await Tool.run("qemu-io", "-r", "-f", "qcow2", "-c", read, disk) }
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk)
        #expect(try self.folder.read("base.raw").allSatisfy { $0 == 0x11 })
    }

    @Test("has what its base has", arguments: ImageFormat.allCases)
    func comparison(format: ImageFormat) async throws {
        let raw = try self.folder.write((0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 / 512) }, to: "raw")
        let base = self.folder("base")
        try await Tool.run("qemu-img", "convert", "-f", "raw", "-O", format.rawValue, raw, base)
        try await DiskClone.createOverlay(base: base, format: format, at: self.folder("disk"))
        try await Tool.run("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", self.folder("disk"), raw)
    }

    @Test("may stand on a base with the longest path that the format allows, and no longer")
    func longestPath() async throws {
        let room = 1023 - self.folder.path.utf8.count - 1
        let long = stride(from: 0, to: room - 101, by: 101).map { _ in String(repeating: "a", count: 100) + "/" }
            .joined()
        let base = long + String(repeating: "b", count: room - long.utf8.count)
        try self.folder.write([UInt8](repeating: 7, count: 512), to: base)
        #expect(self.folder(base).utf8.count == 1023)
        try await DiskClone.createOverlay(base: self.folder(base), format: .raw, at: self.folder("disk"))
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "read -P 7 0 512", self.folder("disk"))

        try self.folder.write([UInt8](repeating: 7, count: 512), to: base + "c")
        await expectError(.unsafePath) {
            try await DiskClone.createOverlay(base: self.folder(base + "c"), format: .raw, at: self.folder("disk2"))
        }
    }

    @Test("is made once, however often it is asked for, and another one is not put in its place")
    func idempotence() async throws {
        let base = try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "base.raw")
        let disk = self.folder("disk")
        try await DiskClone.createOverlay(base: base, format: .raw, at: disk)
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 512", disk)
        try await DiskClone.createOverlay(base: base, format: .raw, at: disk)
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "read -P 9 0 512", disk)
        await expectError(.conflict) {
            try await DiskClone.createOverlay(base: base, format: .raw, at: disk, virtualSize: 2 << 20)
        }
        #expect(try self.folder.list("") == ["base.raw", "disk"])
    }

    @Test("takes the place of what a killed plant left of it, and its removal can be repeated")
    func leftovers() async throws {
        let base = try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "base.raw")
        try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "disk")
        try await DiskClone.createOverlay(base: base, format: .raw, at: self.folder("disk"))
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", self.folder("disk"))
        #expect(try self.folder.list("") == ["base.raw", "disk"])
        for _ in 1...2 { try await DiskClone.remove(at: self.folder("disk")) }
        #expect(try self.folder.list("") == ["base.raw"])
    }

    @Test("is made by one of many who ask at the same time, and fits all of them")
    func concurrency() async throws {
        let base = try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "base.raw")
        let disk = self.folder("disk")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask { try await DiskClone.createOverlay(base: base, format: .raw, at: disk) }
            }
            for try await size in group { #expect(size == 1 << 20) }
        }
        try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk)
    }

    @Test("is refused where it cannot work", arguments: [0, 511, 1 << 19, (1 << 20) + 1, (64 << 40) + 512])
    func wrongSizes(size: Int) async throws {
        let base = try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "base.raw")
        await expectError(.invalidDraft) {
            try await DiskClone.createOverlay(base: base, format: .raw, at: self.folder("disk"), virtualSize: size)
        }
        #expect(try self.folder.list("") == ["base.raw"])
    }

    @Test("is not made by way of symbolic links, nor over what is no file")
    func links() async throws {
        let base = try self.folder.write([UInt8](repeating: 0, count: 1 << 20), to: "base.raw")
        try FileManager.default.createSymbolicLink(atPath: self.folder("link"), withDestinationPath: base)
        try FileManager.default.createSymbolicLink(atPath: self.folder("disk"), withDestinationPath: self.folder("x"))
        for (base, disk) in [("link", "other"), ("base.raw", "disk"), ("base.raw", "link")] {
            await expectError(.unsafePath) {
                try await DiskClone.createOverlay(base: self.folder(base), format: .raw, at: self.folder(disk))
            }
        }
        await expectError(.unsafePath) {
            try await DiskClone.createOverlay(base: self.folder.path, format: .raw, at: self.folder("disk3"))
        }
        await expectError(.unsafePath) {
            try await DiskClone.createOverlay(base: "base.raw", format: .raw, at: self.folder("disk4"))
        }
        #expect(try self.folder.read("base.raw").allSatisfy { $0 == 0 })
        #expect(try self.folder.list("") == ["base.raw", "disk", "link"])
    }

    @Test("can be empty", arguments: ImageFormat.allCases, [512, 1 << 20, 8 << 40])
    func empty(format: ImageFormat, size: Int) async throws {
        let disk = self.folder("data")
        for _ in 1...2 { try await DiskClone.createEmpty(at: disk, format: format, virtualSize: size) }
        let info = try await Tool.run("qemu-img", "info", "--output=json", "-f", format.rawValue, disk)
        #expect(info.contains("\"virtual-size\": \(size),"))
        #expect(!info.contains("backing"))
        if format == .qcow2 { try await Tool.run("qemu-img", "check", "-q", "-f", "qcow2", disk) }
        await expectError(.conflict) {
            try await DiskClone.createEmpty(at: disk, format: format, virtualSize: size + 512)
        }
    }
}
