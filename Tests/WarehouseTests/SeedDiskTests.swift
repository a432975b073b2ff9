import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("A seed disk")
struct SeedDiskTests {
    let folder: TemporaryFolder
    let files: [String: [UInt8]] = [
        "user-data": [UInt8]("#cloud-config\nhostname: grid\n".utf8),
        "meta-data": [UInt8]("instance-id: i1\n".utf8),
        "network-config": (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 7) },
        "empty": [],
    ]

    init() throws {
        self.folder = try TemporaryFolder()
    }

    @Test("is read by xorriso in each of its three sets of names, with the contents that were put in")
    func xorriso() async throws {
        let disk = self.folder("seed.iso")
        try await SeedDisk(files: self.files).write(to: disk)
        for reading in ["any", "norock"] {
            let out = self.folder("out-\(reading)")
            try await Tool.run(
                "xorriso",
                "-report_about",
                "WARNING",
                "-abort_on",
                "WARNING",
                "-read_fs",
                reading,
                "-indev",
                disk,
                "-osirrox",
                "on",
                "-extract",
                "/",
                out
            )
            #expect(try self.folder.list("out-\(reading)") == self.files.keys.sorted())
            for (name, content) in self.files { #expect(try self.folder.read("out-\(reading)/\(name)") == content) }
        }
        let plain = try await Tool.run("xorriso", "-read_fs", "ecma119", "-indev", disk, "-find", "/", "-type", "f")
        #expect(plain.split(separator: "\n").count == self.files.count)
        let about = try await Tool.run("xorriso", "-indev", disk, "-pvd_info")
        #expect(about.contains("Volume Id    : CIDATA"))
    }

    @Test("is found by its label as cloud-init looks for it")
    func label() async throws {
        let disk = self.folder("seed.iso")
        try await SeedDisk(files: self.files).write(to: disk)
        let found = try await Tool.run("blkid", "-p", "-o", "export", disk)
        #expect(found.contains("LABEL=CIDATA"))
        #expect(found.contains("TYPE=iso9660"))
    }

    @Test("has whole sectors, and equal bytes for equal content")
    func determinism() throws {
        let image = try SeedDisk(files: self.files).image
        #expect(image.count % 2048 == 0)
        #expect(try image == SeedDisk(files: self.files).image)
        #expect(try SeedDisk(files: ["user-data": []]) != SeedDisk(files: ["user-data": [1]]))
    }

    @Test("holds as many files with names as long as it says")
    func limits() async throws {
        var files: [String: [UInt8]] = [:]
        for index in 0..<SeedDisk.maximumFiles {
            files[String(repeating: "n", count: 62) + String(10 + index)] = [UInt8](
                repeating: UInt8(index),
                count: 2049
            )
        }
        try await SeedDisk(files: files).write(to: self.folder("seed.iso"))
        for reading in ["any", "norock"] {
            let out = self.folder(reading)
            try await Tool.run(
                "xorriso",
                "-abort_on",
                "WARNING",
                "-read_fs",
                reading,
                "-indev",
                self.folder("seed.iso"),
                "-osirrox",
                "on",
                "-extract",
                "/",
                out
            )
            #expect(try self.folder.list(reading) == files.keys.sorted())
            for (name, content) in files { #expect(try self.folder.read("\(reading)/\(name)") == content) }
        }
        files["one-more"] = []
        await expectError(.tooLarge) { _ = try SeedDisk(files: files) }
        await expectError(.tooLarge) {
            _ = try SeedDisk(files: ["a": [UInt8](repeating: 0, count: SeedDisk.maximumBytes + 1)])
        }
    }

    @Test("takes no names that are paths or nothing", arguments: ["", ".", "..", "a/b", "a b", "ä", "a\0", "a\n"])
    func wrongNames(name: String) async {
        await expectError(.invalidName) { _ = try SeedDisk(files: [name: []]) }
    }

    @Test("takes no names that Windows would hold for one")
    func ambiguousNames() async {
        await expectError(.invalidName) { _ = try SeedDisk(files: ["User-Data": [], "user-data": []]) }
    }

    @Test("replaces an older one whole")
    func replacement() async throws {
        try self.folder.write("old", to: "seed.iso")
        for _ in 1...2 { try await SeedDisk(files: self.files).write(to: self.folder("seed.iso")) }
        #expect(try self.folder.read("seed.iso") == SeedDisk(files: self.files).image)
        #expect(try self.folder.list("") == ["seed.iso"])
    }
}
