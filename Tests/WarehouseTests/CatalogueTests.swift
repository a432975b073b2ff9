import DAGModel
import FoundationEssentials
import Synchronization
import Testing

@testable import Warehouse

@Suite("The list of images")
struct CatalogueTests {
    let fixture: WarehouseFixture

    init() throws {
        self.fixture = try WarehouseFixture()
    }

    private var warehouse: Warehouse { self.fixture.warehouse }
    private var folder: TemporaryFolder { self.fixture.folder }

    /// Writes an image as somebody else would, and answers its manifest's path.
    @discardableResult
    private func foreign(
        _ name: String,
        at manifest: String? = nil,
        disk: String? = nil,
        change: (String) -> String = { $0 }
    ) throws -> String {
        let manifest = manifest ?? "others/\(name).json"
        try self.folder.write([UInt8](repeating: 1, count: 512), to: "others/disk.raw")
        let digest = String(repeating: "0", count: 64)
        let text = """
            {"formatVersion": 1, "name": "\(name)",
             "disk": {"path": "\(disk ?? "disk.raw")", "format": "raw", "virtualSize": 512, "bytes": 512,
                      "digest": "sha256:\(digest)"},
             "hardware": {"architecture": "x86_64", "minimumMemory": "64MiB"},
             "guest": "cloudInit", "history": [], "published": "2026-01-01T00:00:00Z"}
            """
        return try self.folder.write(change(text), to: manifest)
    }

    private func index(_ lines: String...) throws {
        try self.folder.write(lines.joined(separator: "\n"), to: "warehouse/index.txt")
    }

    private func reason(_ name: String) async throws -> String? {
        let listing = try await self.warehouse.images().first { $0.name == name }
        if case .unusable(let reason) = listing?.state { return reason }
        return nil
    }

    @Test("is empty where there is nothing yet")
    func empty() async throws {
        #expect(try await self.warehouse.images().isEmpty)
        await expectError(.notFound) { _ = try await self.warehouse.image(named: "a") }
    }

    @Test("has the images of index.txt, which is read as the seed's system wrote it")
    func indexFile() async throws {
        let one = try self.foreign("one")
        let two = try self.foreign("two", at: "others/deep/two.json", disk: self.folder("others/disk.raw"))
        try self.index("", "# images", "  \(one)\t\r", "", two, "")
        let listings = try await self.warehouse.images()
        #expect(listings.map(\.name) == ["one", "two"])
        #expect(listings.map(\.source) == [.index(line: 3, path: one), .index(line: 5, path: two)])
        #expect(
            listings.compactMap(\.image?.diskPath) == [self.folder("others/disk.raw"), self.folder("others/disk.raw")]
        )
        #expect(try await self.warehouse.image(named: "two").manifest.guest == .cloudInit)
        await expectError(.notPublished) { try await self.warehouse.remove("two") }
        let draft = try self.fixture.draft("two")
        await expectError(.nameTaken) { try await self.warehouse.publish(draft) }
    }

    @Test("takes no path of index.txt that leads out of the allowed folders, and says so of this line only")
    func evilPaths() async throws {
        let good = try self.foreign("good")
        let outside = try self.foreign("outside", at: "elsewhere/outside.json")
        try self.foreign("linked", at: "elsewhere/linked.json")
        let link = self.folder("others/link.json")
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: self.folder("elsewhere/linked.json")
        )
        let linkedFolder = self.folder("others/folder")
        try FileManager.default.createSymbolicLink(atPath: linkedFolder, withDestinationPath: self.folder("elsewhere"))
        let evil = [
            "others/good.json", "/etc/passwd", outside, link, linkedFolder + "/outside.json",
            self.folder("others/../elsewhere/outside.json"), self.folder("others/missing.json"), self.folder("others"),
            self.folder("others/../\u{301}x/../elsewhere/outside.json"), self.folder("others/../\u{301}x"),
            "\u{1b}[31m", String(repeating: "/a", count: 3000),
        ]
        try self.folder.write((evil + [good]).joined(separator: "\n"), to: "warehouse/index.txt")
        let listings = try await self.warehouse.images()
        #expect(listings.compactMap(\.image?.manifest.name) == ["good"])
        #expect(listings.count == evil.count + 1)
    }

    @Test("names every image once: of two with one name the second cannot be used")
    func duplicates() async throws {
        let one = try self.foreign("same")
        let two = try self.foreign("same", at: "others/again.json")
        let published = try self.foreign("a")
        try await self.warehouse.publish(try self.fixture.draft("a"))
        try self.index(one, two, one, published)
        let listings = try await self.warehouse.images()
        #expect(listings.map { $0.image == nil } == [false, false, true, true, true])
        #expect(try await self.warehouse.image(named: "a").source == .published)
    }

    @Test(
        "does not follow a manifest out of its image's folder",
        arguments: ["../secret", "/etc/hostname", "a/../../b", "link", "../\u{301}x", "\u{301}/../../secret"]
    )
    func evilManifest(path: String) async throws {
        for name in ["secret", "\u{301}x"] {
            try self.folder.write([UInt8](repeating: 1, count: 512), to: "warehouse/images/" + name)
        }
        try self.foreign("a", at: "warehouse/images/a/manifest.json", disk: path)
        try FileManager.default.createSymbolicLink(
            atPath: self.folder("warehouse/images/a/link"),
            withDestinationPath: self.folder("warehouse/images/secret")
        )
        #expect(try await self.reason("a") != nil)
    }

    @Test("does not follow a manifest of index.txt out of the allowed folders")
    func evilForeignManifest() async throws {
        try self.folder.write([UInt8](repeating: 1, count: 512), to: "elsewhere/disk.raw")
        try self.index(try self.foreign("a", disk: self.folder("elsewhere/disk.raw")))
        #expect(try await self.reason("a")?.contains("not beneath") == true)
    }

    static let wrongManifests: [(String, @Sendable (String) -> String)] = [
        ("not JSON", { _ in "start: blank" }),
        ("nothing", { _ in "" }),
        ("cut off", { String($0.dropLast(20)) }),
        ("nested beyond sense", { _ in String(repeating: "[", count: 500_000) }),
        ("more than 8 MiB", { $0 + String(repeating: " ", count: 8 << 20) }),
        ("another version", { $0.replacing("\"formatVersion\": 1", with: "\"formatVersion\": 2") }),
        ("an unknown field", { $0.replacing("\"guest\"", with: "\"memory\": 1, \"guest\"") }),
        ("an unknown field of the disk", { $0.replacing("\"bytes\"", with: "\"backing\": \"/etc\", \"bytes\"") }),
        ("no disk", { $0.replacing("\"disk\"", with: "\"disc\"") }),
        ("another name", { $0.replacing("\"a\"", with: "\"b\"") }),
        ("an unknown format", { $0.replacing("\"raw\"", with: "\"vmdk\"") }),
        ("an unknown guest", { $0.replacing("cloudInit", with: "magic") }),
        ("a size without a unit", { $0.replacing("64MiB", with: "64") }),
        ("a size as a number", { $0.replacing("\"64MiB\"", with: "64") }),
        ("a wrong digest", { $0.replacing("sha256:0", with: "md5:0") }),
        ("a short digest", { $0.replacing("sha256:0", with: "sha256:") }),
        ("another virtual size", { $0.replacing("\"virtualSize\": 512", with: "\"virtualSize\": 1024") }),
        ("a negative size", { $0.replacing("\"bytes\": 512", with: "\"bytes\": -512") }),
        ("another file size", { $0.replacing("512", with: "1024") }),
        ("a strange architecture", { $0.replacing("x86_64", with: "x86 64'/>") }),
        ("a date that is none", { $0.replacing("2026-01-01", with: "2026-13-01") }),
        (
            "a history of one key twice",
            {
                let done = "{\"key\": \"\(String(repeating: "a", count: 64))\", \"action\": \"x\", \"outputs\": {}}"
                return $0.replacing("\"history\": []", with: "\"history\": [\(done), \(done)]")
            }
        ),
        (
            "a history of no keys",
            {
                $0.replacing("\"history\": []", with: "\"history\": [{\"key\": \"a\", \"action\": \"x\"}]")
            }
        ),
    ]

    @Test("tells of a damaged manifest, and shows the others", arguments: wrongManifests.map(\.0))
    func damagedManifest(name: String) async throws {
        try await self.warehouse.publish(try self.fixture.draft("z"))
        let change = try #require(Self.wrongManifests.first { $0.0 == name }).1
        try self.foreign("a", at: "warehouse/images/a/manifest.json")
        try self.folder.write([UInt8](repeating: 1, count: 512), to: "warehouse/images/a/disk.raw")
        #expect(try await self.warehouse.images().compactMap(\.image?.manifest.name) == ["a", "z"])

        try self.foreign("a", at: "warehouse/images/a/manifest.json", change: change)
        let listings = try await self.warehouse.images()
        #expect(listings.compactMap(\.image?.manifest.name) == ["z"])
        #expect(listings.count == 2)
        #expect(listings.first?.source == .published)
    }

    @Test("tells of a disk that is there no more, or is none")
    func damagedDisk() async throws {
        try await self.warehouse.publish(try self.fixture.draft("a"))
        let disk = try await self.fixture.file(.disk, of: "a")
        #expect(try await self.reason("a") == nil)
        try FileManager.default.removeItem(atPath: disk)
        #expect(try await self.reason("a")?.contains("No such file") == true)
        try await Tool.run("mkfifo", disk)
        #expect(try await self.reason("a")?.contains("not a regular file") == true)
        try FileManager.default.removeItem(atPath: disk)
        try FileManager.default.createSymbolicLink(atPath: disk, withDestinationPath: "/dev/zero")
        #expect(try await self.reason("a")?.contains("symbolic links") == true)
    }

    @Test("is not read again while nothing changed, and sees at once what did")
    func freshness() async throws {
        let root = try PlainPath(self.folder("warehouse"))
        let layout = WarehouseLayout(directory: root)
        let catalogue = Catalogue(layout: layout, roots: AllowedRoots(folders: [root]), settlingTime: -1)
        func names() throws -> [String] {
            try catalogue.listings(CancellationFlag()).compactMap(\.image?.manifest.name)
        }
        func reads() -> Int { catalogue.reads.load(ordering: .relaxed) }

        try await self.warehouse.publish(try self.fixture.draft("a", boot: true))
        for _ in 1...3 { #expect(try names() == ["a"]) }
        #expect(reads() == 1)
        try FileManager.default.removeItem(atPath: try await self.fixture.file(.initrd, of: "a"))
        for _ in 1...2 { #expect(try names() == []) }
        try await self.warehouse.publish(try self.fixture.draft("a", fill: 2), replace: true)
        try await self.warehouse.publish(try self.fixture.draft("b", fill: 3))
        let before = reads()
        for _ in 1...3 { #expect(try names() == ["a", "b"]) }
        #expect(reads() == before + 2)
        try await self.warehouse.remove("a")
        #expect(try names() == ["b"])
        #expect(reads() == before + 2)
    }

    @Test("does not keep what it read of files that may be changing still")
    func settling() async throws {
        try await self.warehouse.publish(try self.fixture.draft("a"))
        let root = try PlainPath(self.folder("warehouse"))
        let roots = AllowedRoots(folders: [root])
        let catalogue = Catalogue(layout: WarehouseLayout(directory: root), roots: roots, settlingTime: 3600)
        for _ in 1...3 { #expect(try catalogue.listings(CancellationFlag()).count == 1) }
        #expect(catalogue.reads.load(ordering: .relaxed) == 3)
    }

    @Test("splits and compares paths by bytes, as the kernel does")
    func pathBytes() async throws {
        for path in ["/../\u{301}x", "/a/..\u{200d}/../b", "/\u{301}/..", "/a/./\u{301}b"] {
            await expectError(.unsafePath) { _ = try PlainPath(path) }
        }
        #expect(try PlainPath("/\u{301}x").components.count == 1)
        let composed = try PlainPath("/r\u{e9}")
        let other = try PlainPath("/re\u{301}/image")
        #expect(other.components(beneath: composed) == nil)
        #expect(try PlainPath("/re\u{301}") != composed)
        #expect(try PlainPath("/r\u{e9}//image/").components(beneath: composed) == ["image"])
    }

    @Test("does not begin where the administrator did not say")
    func directories() async {
        await expectError(.unsafePath) { _ = try Warehouse(directory: "warehouse") }
        await expectError(.unsafePath) { _ = try Warehouse(directory: "/a/../b") }
        await expectError(.unsafePath) { _ = try Warehouse(directory: "/a", allowedRoots: ["b"]) }
    }
}
