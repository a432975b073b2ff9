import Foundation
import Testing

@testable import Warehouse

/// Looking into real disks, with the tools that made them as witnesses.
@Suite
struct DiskLookTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    @Test(arguments: [ImageFormat.raw, .qcow2], [Table.none, .mbr, .gpt])
    func `a guest is read from any format and partition table`(format: ImageFormat, table: Table) async throws {
        let draft = try await self.draft(PaperTree.whole, format, table)
        let report = try await draft.checkRequirements()
        #expect(report.findings.allSatisfy { $0.state == .met }, "\(report)")
    }

    @Test
    func `what the disk lacks is missing, and the disk stays as it is`() async throws {
        var files = PaperTree.whole
        files["/etc/vmshop/serve"] = "true"
        let draft = try await self.draft(files, .raw, .none)
        let before = try Data(contentsOf: URL(filePath: draft.disk))
        #expect(try await draft.checkRequirements().missing.first?.hasPrefix("the guest runner: /usr/sbin") == true)
        #expect(try Data(contentsOf: URL(filePath: draft.disk)) == before)
    }

    @Test
    func `links are followed inside the guest only`() async throws {
        let draft = try await self.draft(PaperTree.whole, .raw, .none) { root in
            let manager = FileManager.default
            // The host's own file would say that the runner is started.
            let outside = try self.folder.write("vmshop-guest", to: "outside")
            try manager.removeItem(atPath: root + "/etc/inittab")
            try manager.createSymbolicLink(atPath: root + "/etc/inittab", withDestinationPath: outside)
            try manager.createSymbolicLink(atPath: root + "/etc/rc.local", withDestinationPath: "rc.local")
        }
        #expect(try await draft.checkRequirements().missing.first?.contains("nothing starts it") == true)
    }

    @Test
    func `a link within the guest leads to its file`() async throws {
        let draft = try await self.draft(PaperTree.whole, .raw, .none) { root in
            let manager = FileManager.default
            try manager.removeItem(atPath: root + "/etc/inittab")
            try manager.createSymbolicLink(atPath: root + "/etc/rc.local", withDestinationPath: "../etc/vmshop/serve")
        }
        #expect(try await draft.checkRequirements().missing.isEmpty)
    }

    @Test(arguments: [("XFSB", "xfs"), ("LUKS\u{ba}\u{be}", "encrypted"), ("", "unknown content")])
    func `what cannot be looked into is said`(signature: String, name: String) async throws {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        for (place, scalar) in signature.unicodeScalars.enumerated() { bytes[place] = UInt8(scalar.value) }
        let content = try DiskVolume.all(diskSize: bytes.count) { offset, count throws(WarehouseError) in
            Array(bytes[min(offset, bytes.count)...].prefix(count))
        }
        #expect(content.map(\.offset) == [0])
        #expect(content.first?.content.rawValue.contains(name) == true)
    }

    @Test
    func `a disk that is empty is published with all of it not checked`() async throws {
        let fixture = try WarehouseFixture()
        let draft = try fixture.draft("x", fill: 0)
        let report = try await draft.checkRequirements()
        #expect(report.missing.isEmpty)
        #expect(report.notChecked.count == 1)
    }

    @Test
    func `a file system that is broken is no error of ours`() async throws {
        let draft = try await self.draft(PaperTree.whole, .raw, .none)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: draft.disk)))
        // All but the super block.
        for place in 4096..<bytes.count { bytes[place] = UInt8(truncatingIfNeeded: place &* 31 >> 3) }
        try Data(bytes).write(to: URL(filePath: draft.disk))
        let report = try await draft.checkRequirements()
        #expect(report.findings.allSatisfy { if case .notChecked = $0.state { true } else { false } }, "\(report)")
    }

    @Test
    func `a partition table that points nowhere is harmless`() throws {
        var bytes = [UInt8](repeating: 0xff, count: 4096)
        bytes.replaceSubrange(510..<512, with: [0x55, 0xaa])
        bytes.replaceSubrange(512..<520, with: Array("EFI PART".utf8))
        let volumes = try DiskVolume.all(diskSize: bytes.count) { offset, count throws(WarehouseError) in
            offset < bytes.count ? Array(bytes[offset...].prefix(count)) : []
        }
        #expect(volumes == [DiskVolume(offset: 0, content: .unknown)])
    }

    /// A table with one partition.
    enum Table: CaseIterable {
        case none, mbr, gpt

        func write(start: Int, to path: String) throws {
            guard self != .none else { return }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let sector = start / 512
            let first = (0..<8).map { UInt8(truncatingIfNeeded: sector >> ($0 * 8)) }
            bytes.replaceSubrange(510..<512, with: [0x55, 0xaa])
            bytes[450] = self == .mbr ? 0x83 : 0xee
            bytes.replaceSubrange(454..<458, with: self == .mbr ? Array(first.prefix(4)) : [1, 0, 0, 0])
            if self == .gpt {
                bytes.replaceSubrange(512..<520, with: Array("EFI PART".utf8))
                bytes[584] = 2
                bytes[592] = 128
                bytes[596] = 128
                bytes[1024] = 1
                bytes.replaceSubrange(1056..<1064, with: first)
            }
            let file = try FileHandle(forUpdating: URL(filePath: path))
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }
    }

    /// A draft whose disk has these files.
    private func draft(
        _ files: [String: String],
        _ format: ImageFormat,
        _ table: Table,
        change: (_ root: String) throws -> Void = { _ in }
    ) async throws -> ImageDraft {
        for (path, text) in files { try self.folder.write(text, to: "root" + path) }
        try await Tool.run("chmod", "755", self.folder("root/usr/sbin/vmshop-guest"))
        try change(self.folder("root"))
        let raw = self.folder("disk.raw")
        try await Tool.run("truncate", "-s", "16M", raw)
        let start = table == .none ? 0 : 1 << 20
        try table.write(start: start, to: raw)
        let options = "offset=\(start)"
        try await Tool.run(
            "mke2fs",
            "-q",
            "-F",
            "-t",
            "ext4",
            "-E",
            options,
            "-d",
            self.folder("root"),
            raw,
            "12M"
        )
        var draft = ImageDraft(
            name: "x",
            disk: raw,
            format: format,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            guest: .runner
        )
        guard format == .qcow2 else { return draft }
        draft.disk = self.folder("disk.qcow2")
        try await Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, draft.disk)
        return draft
    }
}
