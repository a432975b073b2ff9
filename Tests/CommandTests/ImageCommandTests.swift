import Foundation
import LibXML
import ShopAPI
import Subprocess
import Testing
import VMShopTesting

@Suite("vmshop image")
struct ImageCommandTests {
    /// A directory with a raw disk in it, and a way to call `vmshop image` on a warehouse beside it.
    struct Shelf {
        var directory: String
        var disk: String

        func image(_ arguments: String...) async throws -> Tool.Run { try await image(arguments) }

        func image(_ arguments: [String]) async throws -> Tool.Run {
            try await Tool.vmshop.run(
                ["image"] + arguments,
                environment: ["VMSHOP_WAREHOUSE": directory + "/warehouse", "VMSHOP_URL": "http://127.0.0.1:1"]
            )
        }

        /// The disks in the warehouse.
        var disks: [String] {
            let files =
                FileManager.default.enumerator(atPath: directory + "/warehouse")?.compactMap { $0 as? String } ?? []
            return files.filter { $0.contains("disk") }.map { directory + "/warehouse/" + $0 }
        }

        static func run(_ body: (Shelf) async throws -> Void) async throws {
            try await withDirectory { directory in
                try FileManager.default.createDirectory(
                    atPath: directory + "/warehouse",
                    withIntermediateDirectories: true
                )
                let disk = directory + "/source.raw"
                try Data((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: URL(filePath: disk))
                try await body(Shelf(directory: directory, disk: disk))
            }
        }
    }

    @Test("an image is published, listed, shown, verified and removed")
    func life() async throws {
        try await Shelf.run { shelf in
            let history = try String(decoding: Documents.machine(actions: ["a", "b"]), as: UTF8.self).write(
                in: shelf.directory,
                as: "done.xml"
            )
            let published = try await shelf.image(
                "publish",
                "small",
                "--disk",
                shelf.disk,
                "--format",
                "raw",
                "--memory",
                "128MiB",
                "--os",
                "linux",
                "--history",
                history
            )
            #expect(published.exitCode == 0, "\(published.errors)")
            #expect(published.output.hasPrefix("published small, "))
            let list = try await shelf.image("list")
            #expect(list.output.contains("small"))
            #expect(list.output.contains("linux"))
            let show = try await shelf.image("show", "small")
            #expect(show.output.contains("at least 128"))
            #expect(show.output.contains("ACTION DONE"))
            let verified = try await shelf.image("verify", "small")
            #expect(verified.exitCode == 0)
            #expect(verified.output.contains("intact"))
            for command in [["list"], ["show", "small"], ["verify"]] {
                let json = try await Tool.vmshop.run(
                    ["image"] + command + ["-o", "json", "--warehouse", shelf.directory + "/warehouse"]
                )
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
                let xml = try await Tool.vmshop.run(
                    ["image"] + command + ["-o", "xml", "--warehouse", shelf.directory + "/warehouse"]
                )
                #expect(throws: Never.self) { try XMLParser().parse(Array(xml.output.utf8)) }
            }
            let again = try await shelf.image("publish", "small", "--disk", shelf.disk, "--format", "raw")
            #expect(again.exitCode == 73)
            let removed = try await shelf.image("remove", "small", "--force")
            #expect(removed.exitCode == 0)
            let empty = try await shelf.image("list")
            #expect(empty.output == "no images\n")
        }
    }

    @Test("a damaged image is found, with 65, and told from the intact ones")
    func damaged() async throws {
        try await Shelf.run { shelf in
            for name in ["good", "bad"] {
                _ = try await shelf.image("publish", name, "--disk", shelf.disk, "--format", "raw")
            }
            let victim = try #require(shelf.disks.first { $0.contains("/bad/") })
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: victim)
            let file = try FileHandle(forUpdating: URL(filePath: victim))
            try file.seek(toOffset: 1_000)
            try file.write(contentsOf: Data([0]))
            try file.close()
            let run = try await shelf.image("verify")
            #expect(run.exitCode == 65)
            #expect(run.lines.contains { $0.hasPrefix("good") && $0.contains("intact") })
            #expect(run.lines.contains { $0.hasPrefix("bad") && !$0.contains("intact") })
        }
    }

    @Test("an unknown name is 66", arguments: ["show", "remove"])
    func unknown(command: String) async throws {
        try await Shelf.run { shelf in
            let run =
                command == "remove"
                ? try await shelf.image("remove", "ghost", "--force") : try await shelf.image("show", "ghost")
            #expect(run.exitCode == 66)
            #expect(run.errors.contains("ghost"))
        }
    }

    @Test("a warehouse that is not there is not taken for an empty one; publish makes it")
    func noWarehouse() async throws {
        try await Shelf.run { shelf in
            let place = ["--warehouse", shelf.directory + "/none"]
            for command in [["list"], ["show", "x"], ["verify"], ["remove", "x"]] {
                let run = try await Tool.vmshop.run(["image"] + command + place)
                #expect(run.exitCode == 66, "\(command)")
                #expect(run.errors.contains("/none"))
            }
            let disk = ["publish", "x", "--disk", shelf.disk, "--format", "raw"]
            #expect(try await Tool.vmshop.run(["image"] + disk + place).exitCode == 0)
            #expect(try await Tool.vmshop.run(["image", "list"] + place).output.contains("x"))
        }
    }

    @Test("a guest that lacks what machines need is refused with all that is missing; --unchecked publishes it")
    func requirements() async throws {
        try await Shelf.run { shelf in
            let root = shelf.directory + "/root"
            for folder in ["etc", "usr/bin", "lib/modules/6.1.0"] {
                try FileManager.default.createDirectory(atPath: root + "/" + folder, withIntermediateDirectories: true)
            }
            let made = try await Subprocess.run(
                .name("mke2fs"),
                arguments: ["-q", "-F", "-t", "ext4", "-d", root, shelf.directory + "/guest.raw", "8M"],
                output: .discarded,
                error: .string(limit: 1 << 16)
            )
            #expect(made.terminationStatus.isSuccess, "\(made.standardError)")
            let publish = ["publish", "x", "--disk", shelf.directory + "/guest.raw", "--format", "raw"]
            let refused = try await shelf.image(publish)
            #expect(refused.exitCode == 65)
            for text in [
                "the guest runner: ", "an NFS client: ", "virtio drivers: ", "not checked: a serial console: ",
            ] {
                #expect(refused.errors.contains(text), "\(refused.errors)")
            }
            #expect(try await shelf.image("show", "x").exitCode == 66)
            let run = try await shelf.image(publish + ["--unchecked"])
            #expect(run.exitCode == 0)
            #expect(run.errors.isEmpty, "\(run.errors)")
        }
    }

    @Test("a directory without an image's files is 66, and the file is named")
    func incomplete() async throws {
        try await Shelf.run { shelf in
            let run = try await shelf.image("publish", "x", "--from", shelf.directory)
            #expect(run.exitCode == 66)
            #expect(run.errors.contains(shelf.directory + "/cmdline"))
        }
    }

    @Test("the history has the operations, and what they published where it is said")
    func published() async throws {
        try await Shelf.run { shelf in
            let history = try """
            <request xmlns="urn:vmshop:request:1"><client domain="d"/><start><image name="x"/></start><actions>
            <action id="a.b" operation="user"><parameter name="NAME">alice</parameter><output name="home"/></action>
            <action id="c"><script>x</script></action></actions></request>
            """.write(in: shelf.directory, as: "done.xml")
            let arguments = ["publish", "x", "--disk", shelf.disk, "--format", "raw", "--history", history]
            func publish(_ more: String...) async throws -> Tool.Run {
                let place = ["--warehouse", shelf.directory + "/warehouse"]
                return try await Tool.vmshop.run(["image"] + arguments + place + more)
            }
            for wrong in ["a.b.home", "home=/x", "a.b.=/x", "z.home=/x"] {
                #expect(try await publish("--published", wrong).exitCode == 64, "\(wrong)")
            }
            #expect(try await publish("--published", "a.b.home=/home/a=b", "--published", "c.n=1").exitCode == 0)
            let shown = try await shelf.image("show", "x", "-o", "json")
            let manifest = try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
            let actions = try #require(manifest?["history"] as? [[String: Any]])
            #expect(actions.map { $0["operation"] as? String } == ["user", nil])
            #expect(actions.map { $0["outputs"] as? [String: String] } == [["home": "/home/a=b"], ["n": "1"]])
        }
    }

    @Test("verify of an unknown name is not silently fine")
    func verifyUnknown() async throws {
        try await Shelf.run { shelf in
            let run = try await shelf.image("verify", "ghost")
            #expect(run.exitCode == 66)
            #expect(run.output.contains("ghost"))
            // The shop is not asked who stands on what is not there.
            #expect(try await shelf.image("remove", "ghost").exitCode == 66)
        }
    }

    @Test("a name that could be a path is refused", arguments: ["../x", "a/b", "", ".x", "UPPER", "a b", "-x"])
    func names(name: String) async throws {
        try await Shelf.run { shelf in
            let run = try await shelf.image("publish", "--disk", shelf.disk, "--format", "raw", "--", name)
            #expect(run.exitCode == 64)
        }
    }

    @Test("a disk of another format than was said, or none at all, is refused")
    func wrongFormat() async throws {
        try await Shelf.run { shelf in
            let format = try await shelf.image("publish", "x", "--disk", shelf.disk, "--format", "qcow2")
            #expect(format.exitCode == 65)
            let missing = try await shelf.image("publish", "x", "--disk", shelf.directory + "/none", "--format", "raw")
            #expect([65, 66, 74].contains(missing.exitCode))
            #expect(missing.errors.contains("none"))
        }
    }

    @Test("remove asks the shop, and does not remove when the shop is not there; --force does")
    func removeAsks() async throws {
        try await Shelf.run { shelf in
            _ = try await shelf.image("publish", "small", "--disk", shelf.disk, "--format", "raw")
            let asked = try await shelf.image("remove", "small")
            #expect(asked.exitCode == 69)
            #expect(asked.errors.contains("--force"))
            let list = try await shelf.image("list")
            #expect(list.output.contains("small"))
        }
    }

    @Test("publish --replace keeps the old version where the shop cannot be asked; --force deletes it")
    func replaceAsks() async throws {
        try await Shelf.run { shelf in
            let publish = ["publish", "small", "--disk", shelf.disk, "--format", "raw"]
            for (flags, disks) in [([], 1), (["--replace"], 2), (["--replace", "--force"], 1)] {
                let run = try await shelf.image(publish + flags)
                #expect(run.exitCode == 0, "\(flags): \(run.errors)")
                #expect(shelf.disks.count == disks, "\(flags)")
            }
            let verified = try await shelf.image("verify")
            #expect(verified.exitCode == 0)
        }
    }

    @Test("an image that a machine stands on is not removed")
    func inUse() async throws {
        try await Office.run(1) { office in
            let disk = office.directory + "/d.raw"
            try Data(count: 1 << 16).write(to: URL(filePath: disk))
            let warehouse = office.directory + "/warehouse"
            try FileManager.default.createDirectory(atPath: warehouse, withIntermediateDirectories: true)
            _ = try await office.vmshop(
                "image",
                "publish",
                "small",
                "--disk",
                disk,
                "--format",
                "raw",
                "--warehouse",
                warehouse
            )
            let id = try await office.create("user")
            let refused = try await office.vmshop("image", "remove", "small", "--warehouse", warehouse)
            #expect(refused.exitCode == 73, "\(refused.errors)")
            #expect(refused.errors.contains(id.text))
            _ = try await office.vmshop("collect", id.text)
            #expect(try await office.vmshop("image", "remove", "small", "--warehouse", warehouse).exitCode == 0)
        }
    }
}
