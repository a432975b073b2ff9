import FoundationEssentials
import SeededRandom
import Testing

@testable import Warehouse

@Suite("A qcow2 file that comes from outside")
struct QCOW2HeaderTests {
    let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    /// A sound file of 1 MiB as QEMU makes it.
    private func sound(_ options: String = "compat=1.1", size: String = "1M") async throws -> [UInt8] {
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, self.folder("image"), size)
        return try self.folder.read("image")
    }

    private func inspect(_ bytes: [UInt8]) throws -> DiskInspection {
        let path = try self.folder.write(bytes, to: "inspected")
        return try DiskInspection.inspect(try OpenFile.open(path, .read), format: .qcow2)
    }

    @Test(
        "may be any that QEMU makes to stand by itself",
        arguments: [
            "compat=0.10", "compat=1.1", "cluster_size=512", "cluster_size=2M", "refcount_bits=1", "refcount_bits=64",
            "compression_type=zstd", "extended_l2=on,cluster_size=128k", "preallocation=metadata", "lazy_refcounts=on",
        ]
    )
    func soundFiles(options: String) async throws {
        #expect(try self.inspect(try await self.sound(options)).virtualSize == 1 << 20)
    }

    @Test("may not stand on a backing file, which could be any file of the host")
    func backing() async throws {
        try self.folder.write("secret", to: "secret")
        let base = self.folder("secret")
        try await Tool.run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-u",
            "-b",
            base,
            "-F",
            "raw",
            self.folder("image"),
            "1M"
        )
        let message = await expectError(.unsafeImage) { _ = try self.inspect(try self.folder.read("image")) }
        #expect(message.contains("backing file"))
    }

    @Test("may not have its data in another file")
    func externalData() async throws {
        let bytes = try await self.sound("data_file=\(self.folder("data")),data_file_raw=on")
        let message = await expectError(.unsafeImage) { _ = try self.inspect(bytes) }
        #expect(message.contains("data are in another file"))
    }

    @Test("may not have internal snapshots")
    func snapshots() async throws {
        _ = try await self.sound()
        try await Tool.run("qemu-img", "snapshot", "-c", "one", self.folder("image"))
        let message = await expectError(.unsafeImage) { _ = try self.inspect(try self.folder.read("image")) }
        #expect(message.contains("snapshots"))
    }

    /// A field of the header set to a value that must not pass.
    struct Evil: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let offset: Int
        let bytes: [UInt8]

        init(_ name: String, at offset: Int, _ bytes: [UInt8]) {
            self.testDescription = name
            self.offset = offset
            self.bytes = bytes
        }

        static let all = [
            Evil("another magic", at: 0, [0]),
            Evil("version 1", at: 4, [0, 0, 0, 1]),
            Evil("version 4", at: 4, [0, 0, 0, 4]),
            Evil("backing file at the file's end", at: 8, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Evil("backing file with an empty name", at: 8, [0, 0, 0, 0, 0, 0, 2, 0]),
            Evil("clusters of 2^8", at: 20, [0, 0, 0, 8]),
            Evil("clusters of 2^22", at: 20, [0, 0, 0, 22]),
            Evil("clusters of 2^63", at: 20, [0, 0, 0, 63]),
            Evil("clusters of 2^(2^32-1)", at: 20, [0xff, 0xff, 0xff, 0xff]),
            Evil("no virtual size", at: 24, [0, 0, 0, 0, 0, 0, 0, 0]),
            Evil("an odd virtual size", at: 24, [0, 0, 0, 0, 0, 0, 2, 1]),
            Evil("a virtual size of 2^63", at: 24, [0x80, 0, 0, 0, 0, 0, 0, 0]),
            Evil("a virtual size of 2^62", at: 24, [0x40, 0, 0, 0, 0, 0, 0, 0]),
            Evil("a virtual size beyond its L1 table", at: 24, [0, 0, 1, 0, 0, 0, 0, 0]),
            Evil("encryption by AES", at: 32, [0, 0, 0, 1]),
            Evil("encryption by LUKS", at: 32, [0, 0, 0, 2]),
            Evil("an L1 table of 2^32-1 entries", at: 36, [0xff, 0xff, 0xff, 0xff]),
            Evil("no L1 table", at: 36, [0, 0, 0, 0]),
            Evil("an L1 table in the header", at: 40, [0, 0, 0, 0, 0, 0, 0, 0]),
            Evil("an L1 table between clusters", at: 40, [0, 0, 0, 0, 0, 3, 0, 8]),
            Evil("an L1 table far away", at: 40, [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]),
            Evil("a reference table at 2^64-1", at: 48, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]),
            Evil("a reference table of 2^32-1 clusters", at: 56, [0xff, 0xff, 0xff, 0xff]),
            Evil("no reference table", at: 56, [0, 0, 0, 0]),
            Evil("a snapshot", at: 60, [0, 0, 0, 1]),
            Evil("dirty", at: 79, [1]),
            Evil("corrupt", at: 79, [2]),
            Evil("external data", at: 79, [4]),
            Evil("an unknown feature", at: 79, [0x20]),
            Evil("the highest feature", at: 72, [0x80]),
            Evil("reference counts of 2^7 bits", at: 96, [0, 0, 0, 7]),
            Evil("reference counts of 2^(2^32-1) bits", at: 96, [0xff, 0xff, 0xff, 0xff]),
            Evil("a header of 103 bytes", at: 100, [0, 0, 0, 103]),
            Evil("a header of 105 bytes", at: 100, [0, 0, 0, 105]),
            Evil("a header of 2^32-1 bytes", at: 100, [0xff, 0xff, 0xff, 0xff]),
            Evil("an extension of 2^32-1 bytes", at: 112, [1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff]),
            Evil("an extension that names a data file", at: 112, [0x44, 0x41, 0x54, 0x41, 0, 0, 0, 0]),
            Evil("an extension for encryption", at: 112, [0x05, 0x37, 0xbe, 0x77, 0, 0, 0, 0]),
        ]
    }

    @Test("is refused with a lie in its header", arguments: Evil.all)
    func evilFields(evil: Evil) async throws {
        var bytes = try await self.sound()
        bytes.replaceSubrange(evil.offset..<(evil.offset + evil.bytes.count), with: evil.bytes)
        await expectError(.unsafeImage) { _ = try self.inspect(bytes) }
    }

    @Test("is refused when it is cut off")
    func truncation() async throws {
        let bytes = try await self.sound()
        // The L1 table is the last thing in a new file; it has one entry.
        let needed = bytes.count - 1
        for count in Array(0..<200) + stride(from: 200, to: needed, by: 4093) where count < 3 * 65_536 {
            await expectError(.unsafeImage) { _ = try self.inspect(Array(bytes.prefix(count))) }
        }
    }

    @Test(
        "with data is refused when it is cut off, however little is missing of its clusters",
        arguments: ["compat=1.1", "extended_l2=on,cluster_size=128k", "compat=0.10", "cluster_size=512"],
        [false, true]
    )
    func truncatedData(options: String, isCompressed: Bool) async throws {
        let raw = try self.folder.write((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }, to: "raw")
        let path = self.folder("image")
        let flags = isCompressed ? ["-c"] : []
        try await Tool.run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", "-o", options] + flags + [raw, path])
        let bytes = try self.folder.read("image")
        func inspect(_ bytes: [UInt8]) throws {
            let path = try self.folder.write(bytes, to: "inspected")
            _ = try DiskInspection.inspectWhole(try OpenFile.open(path, .read), format: .qcow2, CancellationFlag())
        }
        try inspect(bytes)
        for cut in [1, 512, 4096] + [2, 4, 10].map({ bytes.count / $0 }) {
            await expectError(.unsafeImage) { try inspect(Array(bytes.prefix(bytes.count - cut))) }
        }
    }

    @Test(
        "with data is accepted as QEMU makes it, whatever its last cluster",
        arguments: [
            "compat=1.1", "compat=0.10", "cluster_size=512", "cluster_size=2M", "extended_l2=on,cluster_size=128k",
            "preallocation=metadata", "preallocation=falloc", "compression_type=zstd",
        ],
        [512, 65_536, (1 << 20) + 512, (3 << 20) - 512]
    )
    func lastClusters(options: String, size: Int) async throws {
        let path = self.folder("image")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, path, "\(size)")
        try Self.inspectWhole(path)
        // A little in the first cluster, and in the last one, which the disk's end cuts.
        for place in [0, size - 512] {
            try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 \(place) 512", path)
            try Self.inspectWhole(path)
        }
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -z 0 512", path)
        try Self.inspectWhole(path)
        let packed = self.folder("packed")
        try await Tool.run("qemu-img", ["convert", "-c", "-f", "qcow2", "-O", "qcow2", path, packed])
        try Self.inspectWhole(packed)
    }

    @Test("that names one table again and again does not keep the reader busy", .timeLimit(.minutes(1)))
    func repeatedTables() async throws {
        let path = self.folder("image")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=2M", path, "64T")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 512", path)
        try Self.inspectWhole(path)
        var bytes = try self.folder.read("image")
        let start = Int(try QCOW2Header(parsing: Array(bytes.prefix(QCOW2Header.prefixLength))).levelOneOffset)
        for place in 1..<128 {
            bytes.replaceSubrange(start + place * 8..<start + place * 8 + 8, with: bytes[start..<start + 8])
        }
        let many = try self.folder.write(bytes, to: "many")
        let message = await expectError(.unsafeImage) { try Self.inspectWhole(many) }
        #expect(message.contains("twice"))
    }

    @Test("may not name data beyond its end")
    func surplusTables() async throws {
        let path = self.folder("image")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", path, "1G")
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 900M 512", path)
        var bytes = try self.folder.read("image")
        try Self.inspectWhole(path)
        bytes.replaceSubrange(24..<32, with: [0, 0, 0, 0, 0, 0x10, 0, 0])
        let message = await expectError(.unsafeImage) {
            try Self.inspectWhole(try self.folder.write(bytes, to: "less"))
        }
        #expect(message.contains("beyond the disk's end"))
    }

    private static func inspectWhole(_ path: String) throws {
        _ = try DiskInspection.inspectWhole(try OpenFile.open(path, .read), format: .qcow2, CancellationFlag())
    }

    @Test("never harms the reader, whatever its bytes")
    func fuzz() async throws {
        let sound = try await self.sound("compat=1.1", size: "1M")
        var random = SeededGenerator(seed: 42)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = Array(sound.prefix(600))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<200, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(WarehouseError) {
                let header = try QCOW2Header(parsing: bytes)
                try header.checkStandalone(fileSize: sound.count)
                #expect(header.backingPath == nil && header.virtualSize <= QCOW2Header.maximumVirtualSize)
            } catch { refused += 1 }
        }
        #expect(refused > 10_000)
    }
}

@Suite("A raw disk that comes from outside")
struct RawDiskTests {
    let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    @Test(
        "may not be another format in disguise",
        arguments: ["qcow2", "vmdk", "vdi", "vpc", "vhdx", "qed", "parallels"]
    )
    func disguise(format: String) async throws {
        let path = self.folder("image")
        try await Tool.run("qemu-img", "create", "-q", "-f", format, path, "1M")
        let message = await expectError(.unsafeImage) {
            _ = try DiskInspection.inspect(try OpenFile.open(path, .read), format: .raw)
        }
        #expect(message.contains("must not choose its own format"))
    }

    @Test("must be of whole sectors", arguments: [0, 1, 511, 513, 1 << 20 + 1])
    func sizes(size: Int) async throws {
        let path = try self.folder.write([UInt8](repeating: 1, count: size), to: "image")
        await expectError(.unsafeImage) {
            _ = try DiskInspection.inspect(try OpenFile.open(path, .read), format: .raw)
        }
    }
}
