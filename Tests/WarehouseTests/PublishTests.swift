import DAGModel
import FoundationEssentials
import Synchronization
import Testing

@testable import Warehouse

@Suite("Publishing an image")
struct PublishTests {
    let fixture: WarehouseFixture

    init() throws {
        self.fixture = try WarehouseFixture()
    }

    private var warehouse: Warehouse { self.fixture.warehouse }

    @Test("copies its files, with the digests that sha256sum finds, and makes it listed")
    func publication() async throws {
        let draft = try self.fixture.draft("small", history: ["one", "two"], boot: true)
        let manifest = try await self.warehouse.publish(draft)
        let image = try await self.warehouse.image(named: "small")

        #expect(image.manifest == manifest)
        #expect(manifest.historyKeys == ["one", "two"].map { WarehouseFixture.action($0).key })
        #expect(manifest.disk.virtualSize == 1 << 20)
        #expect(manifest.boot?.commandLine == "console=ttyS0")
        #expect(try self.fixture.images() == ["small"])
        let files = try #require(manifest.boot)
        for (path, digest) in [
            (image.diskPath, manifest.disk.digest),
            (try #require(image.kernelPath), files.kernel.digest),
            (try #require(image.initrdPath), try #require(files.initrd).digest),
        ] {
            let sum = try await Tool.run("sha256sum", path)
            #expect("sha256:" + sum.prefix(64) == digest)
        }
        let mode = try await Tool.run("stat", "-c", "%a", image.diskPath)
        #expect(mode == "444\n")
    }

    @Test("keeps holes as holes")
    func sparse() async throws {
        var draft = try self.fixture.draft("sparse")
        draft.disk = self.fixture.folder("sparse.raw")
        try await DiskClone.createEmpty(at: draft.disk, format: .raw, virtualSize: 64 << 20)
        try await Tool.run("qemu-io", "-f", "raw", "-c", "write -P 5 33M 64k", draft.disk)
        try await self.warehouse.publish(draft)
        let image = try await self.warehouse.image(named: "sparse")
        let blocks = try await Tool.run("stat", "-c", "%b", image.diskPath)
        #expect(try #require(Int(blocks.dropLast())) < 1024)
        try await Tool.run("cmp", draft.disk, image.diskPath)
        let sum = try await Tool.run("sha256sum", draft.disk)
        #expect("sha256:" + sum.prefix(64) == image.manifest.disk.digest)
    }

    @Test("refuses a disk that could lead elsewhere, and leaves nothing behind")
    func evilDisk() async throws {
        var draft = try self.fixture.draft("evil")
        try await Tool.run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            draft.disk,
            "-F",
            "raw",
            self.fixture.folder("evil")
        )
        draft.disk = self.fixture.folder("evil")
        for format in ImageFormat.allCases {
            draft.format = format
            await expectError(.unsafeImage) { try await self.warehouse.publish(draft) }
        }
        #expect(try self.fixture.images().isEmpty)
    }

    @Test(
        "refuses names that are none",
        arguments: [
            "", ".", "..", "a/b", "../a", "A", "-a", ".a", "a b", "a\n", "ä", String(repeating: "a", count: 64),
        ]
    )
    func names(name: String) async throws {
        var draft = try self.fixture.draft("x")
        draft.name = name
        await expectError(.invalidName) { try await self.warehouse.publish(draft) }
    }

    @Test("refuses a name that is taken, unless the image is to be replaced")
    func replacement() async throws {
        try await self.warehouse.publish(try self.fixture.draft("a", fill: 1))
        let second = try self.fixture.draft("a", fill: 2)
        await expectError(.nameTaken) { try await self.warehouse.publish(second) }
        let manifest = try await self.warehouse.publish(second, replace: true)
        #expect(try await self.warehouse.image(named: "a").manifest == manifest)
        #expect(try await self.warehouse.verify("a").isIntact)
        #expect(try self.fixture.images() == ["a"])
    }

    @Test("lets nobody remove an image that machines stand on")
    func use() async throws {
        let used = try WarehouseFixture { $0 == "a" ? ["vm2", "vm1"] : [] }
        try await used.warehouse.publish(try used.draft("a"))
        let message = await expectError(.inUse) { try await used.warehouse.remove("a") }
        #expect(message.contains("vm1, vm2"))
        #expect(try used.images() == ["a"])
        #expect(try await used.warehouse.verify("a").isIntact)
    }

    @Test("in the place of another leaves machines what they stand on, and deletes it when none does")
    func versions() async throws {
        let users = Mutex<[String]>(["vm1"])
        let used = try WarehouseFixture { _ in users.withLock { $0 } }
        let overlay = used.folder("overlay")
        var disks: [String] = []
        for fill in 1...3 {
            try await used.warehouse.publish(try used.draft("a", fill: UInt8(fill), boot: true), replace: true)
            let image = try await used.warehouse.image(named: "a")
            if fill == 1 { try await used.warehouse.clone(image, to: overlay, virtualSize: 1 << 20) }
            disks.append(image.diskPath)
            #expect(disks.map { FileManager.default.fileExists(atPath: $0) } == disks.map { _ in true })
        }
        #expect(Set(disks).count == 3)
        try await Tool.run("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 1 0 1M", overlay)
        #expect(try used.images() == ["a"])

        users.withLock { $0 = [] }
        try await used.warehouse.publish(try used.draft("a", fill: 4), replace: true)
        disks.append(try await used.file(.disk, of: "a"))
        #expect(disks.map { FileManager.default.fileExists(atPath: $0) } == [false, false, false, true])
        #expect(try used.folder.list("warehouse/images/a").count == 2)
    }

    @Test("asks who stands on the old version when no new machine can, and keeps it when nobody can say")
    func lateQuestion() async throws {
        struct Silence: Error {}
        let steps = Mutex<[Publication.Step]>([])
        let seen = Mutex<[Publication.Step]>([])
        let used = try WarehouseFixture { _ in
            seen.withLock { $0 = steps.withLock { $0 } }
            throw Silence()
        }
        try await used.warehouse.publish(try used.draft("a"))
        let old = try await used.file(.disk, of: "a")
        var observed = used.warehouse
        observed.observer = { (step) throws(WarehouseError) in steps.withLock { $0.append(step) } }
        try await observed.publish(try used.draft("a", fill: 2), replace: true)
        #expect(seen.withLock { $0.contains(.rename) })
        #expect(FileManager.default.fileExists(atPath: old))
        #expect(try await used.file(.disk, of: "a") != old)
    }

    @Test("by many at once has exactly one winner")
    func concurrency() async throws {
        for round in 0..<5 {
            let drafts = try (1...8).map { try self.fixture.draft("round\(round)", fill: UInt8($0)) }
            let warehouse = self.warehouse
            let winners = await withTaskGroup(of: ImageManifest?.self) { group in
                for draft in drafts {
                    group.addTask {
                        do throws(WarehouseError) { return try await warehouse.publish(draft) } catch {
                            #expect([.nameTaken, .busy].contains(error.code), "\(error)")
                            return nil
                        }
                    }
                }
                return await group.reduce(into: [ImageManifest]()) { $0 += $1.map { [$0] } ?? [] }
            }
            #expect(winners.count == 1)
            #expect(try await self.warehouse.image(named: "round\(round)").manifest == winners.first)
            #expect(try await self.warehouse.verify("round\(round)").isIntact)
        }
        #expect(try self.fixture.images().count == 5)
    }

    @Test(
        "that fails at any step leaves no trace, or the whole image",
        arguments: Publication.Step.allCases,
        [false, true]
    )
    func failure(step: Publication.Step, replaces: Bool) async throws {
        if replaces { try await self.warehouse.publish(try self.fixture.draft("a", fill: 1)) }
        var failing = self.warehouse
        failing.observer = { (seen) throws(WarehouseError) in
            if seen == step { throw WarehouseError(.noSpace, "no space at \(step)") }
        }
        let draft = try self.fixture.draft("a", fill: 2)
        await expectError(.noSpace) { try await failing.publish(draft, replace: replaces) }

        let isPublished = [.synchroniseImages, .deleteReplaced].contains(step)
        let listed = try await self.warehouse.images().compactMap(\.image?.manifest.disk.digest)
        #expect(listed.count == (isPublished || replaces ? 1 : 0))
        #expect(try self.fixture.images() == (isPublished || replaces ? ["a"] : []))
        if isPublished || replaces { #expect(try await self.warehouse.verify("a").isIntact) }
        let other = try await self.warehouse.publish(try self.fixture.draft("a", fill: 3), replace: true)
        #expect(try await self.warehouse.image(named: "a").manifest == other)
    }

    @Test("that is killed at any step shows the old state or the new one", arguments: [false, true])
    func crash(replaces: Bool) async throws {
        let folder = self.fixture.folder
        let old = replaces ? try await self.warehouse.publish(try self.fixture.draft("a", fill: 1)).disk.digest : nil
        let steps = Mutex<[Publication.Step]>([])
        var observed = self.warehouse
        // What is on the disk before a step is what a process that is killed there leaves.
        observed.observer = { (step) throws(WarehouseError) in
            try? FileManager.default.createDirectory(atPath: folder("\(step)"), withIntermediateDirectories: true)
            try? FileManager.default.copyItem(atPath: folder("warehouse"), toPath: folder("\(step)/warehouse"))
            steps.withLock { $0.append(step) }
        }
        let new = try await observed.publish(try self.fixture.draft("a", fill: 2), replace: replaces).disk.digest
        let seen = steps.withLock { $0 }
        #expect(seen == Publication.Step.allCases)

        for step in seen {
            let left = try Warehouse(directory: folder("\(step)/warehouse"))
            let expected = [.synchroniseImages, .deleteReplaced].contains(step) ? new : old
            let listings = try await left.images()
            #expect(listings.map { $0.image?.manifest.disk.digest } == (expected.map { [$0] } ?? []), "before \(step)")
            if expected != nil { #expect(try await left.verify("a").isIntact) }
            try await left.publish(try self.fixture.draft("b", fill: 3))
            let names = try folder.list("\(step)/warehouse/images").filter { ![".locks", ".changes"].contains($0) }
            #expect(names == (expected == nil ? ["b"] : ["a", "b"]), "before \(step)")
            // What was left of an interrupted replacement goes with the next one.
            try await left.publish(try self.fixture.draft("a", fill: 4), replace: true)
            #expect(try folder.list("\(step)/warehouse/images/a").count == 2, "before \(step)")
        }
    }

    @Test("does not clean up what another one is still working on")
    func living() async throws {
        var other = self.warehouse
        let warehouse = self.warehouse
        let between = try self.fixture.draft("b")
        other.observer = { (step) throws(WarehouseError) in
            guard step == .rename else { return }
            // Another publication, in the middle of this one, on this very thread.
            let lock = try warehouse.lock("b")
            withExtendedLifetime(lock) {}
        }
        try await other.publish(try self.fixture.draft("a"))
        try await warehouse.publish(between)
        #expect(try self.fixture.images() == ["a", "b"])
    }

    @Test("ends when its task is cancelled, and leaves nothing")
    func cancellation() async throws {
        let draft = try self.fixture.draft("a", size: 8 << 20)
        let warehouse = self.warehouse
        let task = Task {
            // Cancelled as soon as the first task runs: the copy sees the flag before its first piece.
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await warehouse.publish(draft)
        }
        await expectError(.cancelled) { try await task.value }
        #expect(try self.fixture.images().isEmpty)
    }

    @Test("says how far it has come, file by file")
    func progress() async throws {
        let seen = Mutex<[WarehouseProgress]>([])
        let draft = try self.fixture.draft("a", size: 40 << 20, boot: true)
        try await self.warehouse.publish(draft) { progress in seen.withLock { $0.append(progress) } }
        let disk = seen.withLock { $0.filter { $0.file == .disk }.map(\.completedBytes) }
        #expect(disk == [16 << 20, 32 << 20, 40 << 20])
        #expect(seen.withLock { Set($0.map(\.file)) } == Set(WarehouseFixture.roles))
    }
}
