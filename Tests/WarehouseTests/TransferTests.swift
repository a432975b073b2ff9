import DAGModel
import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("An image that travels to another warehouse")
struct TransferTests {
    let here: WarehouseFixture
    let there: WarehouseFixture

    init() throws {
        self.here = try WarehouseFixture()
        self.there = try WarehouseFixture()
    }

    /// The manifest of the image of that name over there, as it arrives.
    private func arriving(_ name: String) async throws -> ReceivedImage {
        let offer = try #require(try await self.there.warehouse.offers().first { $0.reference.name == name })
        let bytes = try await self.there.warehouse.travellingManifest(of: offer.reference)
        return try ReceivedImage(manifest: bytes, of: offer.reference)
    }

    /// Brings all files of an image, in pieces.
    private func bring(_ image: ReceivedImage, piece: Int = 300_000) async throws -> [IncomingFile] {
        var files: [IncomingFile] = []
        for file in image.files {
            let incoming = try await self.here.warehouse.incoming(file)
            let source = try await self.there.warehouse.openFile(file.digest, of: image.reference)
            try await Self.copy(from: source, to: incoming, until: file.bytes, piece: piece)
            #expect(try await incoming.isWhole())
            files.append(incoming)
        }
        return files
    }

    private static func copy(
        from source: OfferedBytes,
        to incoming: IncomingFile,
        until end: Int,
        piece: Int = 300_000
    ) async throws {
        while await incoming.received < end {
            let position = await incoming.received
            try await incoming.append(try await source.read(min(piece, end - position), at: position))
        }
    }

    @Test("arrives as it left: content, history, digests; nothing of the transfer stays")
    func roundTrip() async throws {
        try await self.there.warehouse.publish(try self.there.draft("small", history: ["one"], boot: true))
        let image = try await self.arriving("small")
        try await self.here.warehouse.receive(image, files: try await self.bring(image))

        let sent = try await self.there.warehouse.image(named: "small")
        let received = try await self.here.warehouse.image(named: "small")
        #expect(received.manifest == sent.manifest)
        try await Tool.run("cmp", sent.diskPath, received.diskPath)
        try await Tool.run("cmp", try #require(sent.kernelPath), try #require(received.kernelPath))
        #expect(try await self.here.warehouse.verify("small").isIntact)
        #expect(try await Tool.run("stat", "-c", "%a", received.diskPath) == "444\n")
        #expect(try self.here.folder.list("warehouse/.incoming").isEmpty)
        #expect(try self.here.images() == ["small"])
    }

    @Test("goes on where it broke off, and is seen by nobody until it is whole")
    func resumption() async throws {
        try await self.there.warehouse.publish(try self.there.draft("small"))
        let image = try await self.arriving("small")
        let file = image.files[0]
        let source = try await self.there.warehouse.openFile(file.digest, of: image.reference)
        do {
            let broken = try await self.here.warehouse.incoming(file)
            try await Self.copy(from: source, to: broken, until: 700_000, piece: 100_000)
            #expect(try await !broken.isWhole())
            await expectError(.busy) { _ = try await self.here.warehouse.incoming(file) }
            await expectError(.damaged) { try await broken.append([UInt8](repeating: 1, count: 1 << 20)) }
        }
        #expect(try await self.here.warehouse.images().isEmpty)
        let again = try await self.here.warehouse.incoming(file)
        #expect(await again.received == 700_000)
        try await Self.copy(from: source, to: again, until: file.bytes)
        #expect(try await again.isWhole())
        try await self.here.warehouse.receive(image, files: [again])
        #expect(try await self.here.warehouse.verify("small").isIntact)
    }

    @Test("one wrong byte is noticed, and what came is forgotten")
    func flippedByte() async throws {
        try await self.there.warehouse.publish(try self.there.draft("small"))
        let image = try await self.arriving("small")
        let incoming = try await self.here.warehouse.incoming(image.files[0])
        var bytes = [UInt8](repeating: 1, count: 1 << 20)
        bytes[12_345] ^= 4
        try await incoming.append(bytes)
        #expect(try await !incoming.isWhole())
        #expect(await incoming.received == 0)
        await expectError(.notFound) { try await self.here.warehouse.receive(image, files: []) }
        #expect(try self.here.images().isEmpty)
    }

    @Test(
        "a manifest that says another version, or leads elsewhere, is refused",
        arguments: [
            ("\"minimumMemory\" : \"64MiB\"", "\"minimumMemory\" : \"65MiB\"", "is that of"),
            ("version-", "../../version-", "`.` or `..`"),
            ("/disk.raw", "/manifest.json", "not in the folder of a version"),
            ("/disk.raw", "/.hidden", "not in the folder of a version"),
            ("\"formatVersion\" : 1", "\"formatVersion\" : 1, \"more\" : 2", "unknown"),
        ]
    )
    func hostileManifest(_ old: String, _ new: String, _ reason: String) async throws {
        try await self.there.warehouse.publish(try self.there.draft("small"))
        let reference = try await self.there.warehouse.image(named: "small").manifest.reference
        let bytes = try await self.there.warehouse.travellingManifest(of: reference)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(old))
        do {
            _ = try ReceivedImage(manifest: Array(text.replacing(old, with: new).utf8), of: reference)
            Issue.record("\(new) was not refused")
        } catch {
            #expect(error.message.contains(reason), "\(error)")
        }
    }

    @Test("a disk that could lead elsewhere is refused although its digest is right")
    func evilDisk() async throws {
        let disk = self.there.folder("evil.qcow2")
        try await Tool.run("qemu-img", "create", "-q", "-f", "qcow2", disk, "1M")
        var draft = try self.there.draft("evil")
        (draft.disk, draft.format) = (disk, .qcow2)
        try await self.there.warehouse.publish(draft)
        // The sender lies: its manifest fits a disk that stands on a file of the receiver.
        try await Tool.run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            "/etc/passwd",
            "-F",
            "raw",
            "-u",
            disk,
            "1M"
        )
        let bytes = try self.there.folder.read("evil.qcow2")
        let sum = "sha256:" + (try await Tool.run("sha256sum", disk)).prefix(64)
        let honest = try await self.there.warehouse.image(named: "evil").manifest
        let old = honest.disk
        let lie = DiskFile(
            path: old.path,
            format: .qcow2,
            virtualSize: old.virtualSize,
            bytes: bytes.count,
            digest: sum,
            layers: []
        )
        let manifest = honest.with(lie)
        let image = try ReceivedImage(manifest: try ManifestCoding.encode(manifest), of: manifest.reference)
        let incoming = try await self.here.warehouse.incoming(image.files[0])
        try await incoming.append(bytes)
        #expect(try await incoming.isWhole())
        let reason = await expectError(.unsafeImage) {
            try await self.here.warehouse.receive(image, files: [incoming])
        }
        #expect(reason.contains("/etc/passwd"))
        #expect(try self.here.images().isEmpty)
    }

    @Test("a name that is taken is left alone, unless it is to be replaced; the older version stays")
    func replacement() async throws {
        try await self.here.warehouse.publish(try self.here.draft("small", fill: 2))
        let own = try await self.here.warehouse.image(named: "small")
        try await self.there.warehouse.publish(try self.there.draft("small"))
        let image = try await self.arriving("small")
        await expectError(.nameTaken) {
            try await self.here.warehouse.receive(image, files: try await self.bring(image))
        }
        #expect(try await self.here.warehouse.image(named: "small") == own)
        try await self.here.warehouse.receive(image, files: try await self.bring(image), mode: .replace)
        #expect(try await self.here.warehouse.image(named: "small").manifest.reference == image.reference)
        #expect(try await self.here.warehouse.versions().map(\.isCurrent) == [true, false])
        try await Tool.run("test", "-f", own.diskPath)
    }

    @Test("what it stands on goes before it, and its disk finds it, whatever the name means here")
    func layers() async throws {
        try await self.there.publishLayered()
        try await self.here.warehouse.publish(try self.here.draft("base", fill: 2))
        let upper = try await self.arriving("upper")
        await expectError(.notFound) {
            try await self.here.warehouse.receive(upper, files: try await self.bring(upper))
        }
        let version = try #require(upper.standsOn.first)
        let bytes = try await self.there.warehouse.travellingManifest(of: version)
        let base = try ReceivedImage(manifest: bytes, of: version)
        #expect(await !self.here.warehouse.holds(base))
        try await self.here.warehouse.receive(base, files: try await self.bring(base), mode: .beside)
        #expect(await self.here.warehouse.holds(base))
        let own = try await self.here.warehouse.image(named: "base").manifest.reference
        #expect(own != version)

        try await self.here.warehouse.receive(upper, files: try await self.bring(upper))
        let received = try await self.here.warehouse.image(named: "upper")
        #expect(try await self.here.warehouse.verify("upper").isIntact)
        let sent = try await self.there.warehouse.image(named: "upper")
        try await Tool.run("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", sent.diskPath, received.diskPath)
    }

    @Test("what was published in the form of earlier versions, or named by index.txt, travels in the form of today")
    func otherForms() async throws {
        let manifest = try await self.there.warehouse.publish(try self.there.draft("small", boot: true))
        // As index.txt names it: from another folder, with the files where they lie.
        let image = try await self.there.warehouse.image(named: "small")
        let text = String(decoding: try ManifestCoding.encode(manifest), as: UTF8.self)
        let folder = image.diskPath.split(separator: "/").dropLast().joined(separator: "/")
        let version = folder.split(separator: "/").last.map(String.init) ?? ""
        let named = text.replacing("\"small\"", with: "\"named\"").replacing("\"\(version)/", with: "\"/\(folder)/")
        let path = try self.there.folder.write(named, to: "others/named.json")
        try self.there.folder.write(path + "\n", to: "warehouse/index.txt")

        let arriving = try await self.arriving("named")
        try await self.here.warehouse.receive(arriving, files: try await self.bring(arriving))
        #expect(try await self.here.warehouse.verify("named").isIntact)
        #expect(try await self.here.warehouse.image(named: "named").manifest.reference == arriving.reference)
    }

    @Test("what nobody went on fetching is swept when it is old, what is being fetched is not")
    func sweeping() async throws {
        let files = ["a", "b"].map {
            TransferFile(role: .disk, digest: "sha256:" + String(repeating: $0, count: 64), bytes: 10)
        }
        let held = try await self.here.warehouse.incoming(files[0])
        try await held.append([1])
        try await self.here.warehouse.incoming(files[1]).append([1])
        await self.here.warehouse.sweepIncoming(olderThan: 3600)
        #expect(try self.here.folder.list("warehouse/.incoming").count == 2)
        for name in try self.here.folder.list("warehouse/.incoming") {
            try await Tool.run("touch", "-d", "2 hours ago", self.here.folder("warehouse/.incoming/" + name))
        }
        await self.here.warehouse.sweepIncoming(olderThan: 3600)
        #expect(try self.here.folder.list("warehouse/.incoming") == [WarehouseLayout.partName(of: files[0].digest)])
        #expect(await held.received == 1)
    }

    @Test("a crash before any step leaves no image, or the whole one", arguments: Publication.Step.allCases)
    func crashes(_ step: Publication.Step) async throws {
        try await self.there.warehouse.publish(try self.there.draft("small", boot: true))
        let image = try await self.arriving("small")
        var failing = self.here.warehouse
        failing.observer = { at throws(WarehouseError) in
            if at == step { throw WarehouseError(.inputOutput, "injected") }
        }
        _ = try? await failing.receive(image, files: try await self.bring(image))
        let found = try await self.here.warehouse.images()
        #expect(found.allSatisfy { $0.image != nil })
        if found.isEmpty { try await self.here.warehouse.receive(image, files: try await self.bring(image)) }
        #expect(try await self.here.warehouse.verify("small").isIntact)
        #expect(try self.here.images() == ["small"])
    }
}

extension ImageManifest {
    /// The same manifest with another disk.
    fileprivate func with(_ disk: DiskFile) -> ImageManifest {
        ImageManifest(
            formatVersion: self.formatVersion,
            name: self.name,
            disk: disk,
            boot: self.boot,
            hardware: self.hardware,
            operatingSystem: self.operatingSystem,
            guest: self.guest,
            history: self.history,
            published: self.published,
            description: self.description,
            parent: self.parent,
            origin: self.origin
        )
    }
}

extension WarehouseFixture {
    /// Publishes `base`, and `upper`, which stands on it.
    fileprivate func publishLayered() async throws {
        try await self.warehouse.publish(try self.draft("base"))
        let base = try await self.warehouse.image(named: "base")
        let disk = self.folder("machine.qcow2")
        try await self.warehouse.clone(base, to: disk, virtualSize: 1 << 20)
        try await Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 9 64k 64k", disk)
        var draft = try self.draft("upper", history: ["one"])
        (draft.disk, draft.format, draft.base, draft.parent) = (disk, .qcow2, base, base.manifest.reference)
        try await self.warehouse.publish(draft)
    }
}
