import Foundation
import Testing
import VMShopTesting

@Suite("vmshop image: versions")
struct ImageVersionCommandTests {
    typealias Shelf = ImageCommandTests.Shelf

    /// Publishes another content under the name `small`.
    private func replace(_ shelf: Shelf, _ options: String...) async throws {
        try Data(repeating: 7, count: 1 << 20).write(to: URL(filePath: shelf.disk))
        let run = try await shelf.image(
            ["publish", "small", "--disk", shelf.disk, "--format", "raw", "--replace", "--force"] + options
        )
        #expect(run.exitCode == 0, "\(run.errors)")
    }

    private func publish(_ shelf: Shelf) async throws {
        let run = try await shelf.image("publish", "small", "--disk", shelf.disk, "--format", "raw")
        #expect(run.exitCode == 0, "\(run.errors)")
    }

    @Test("a replaced version that is kept is shown, returned to, and freed with its reason")
    func life() async throws {
        try await Shelf.run { shelf in
            try await publish(shelf)
            try await replace(shelf, "--keep-replaced")
            let tree = try await shelf.image("tree")
            let lines = tree.output.split(separator: "\n")
            #expect(lines.count == 3 && lines[1].hasPrefix("small@") && lines[2].contains(" * "), "\(tree.output)")
            let old = String(lines[2].prefix { $0 != " " })

            let planned = try await shelf.image("gc", "--dry-run", "--force")
            #expect(planned.output.contains("\(old)  1.0 MiB  would go"), "\(planned.output)")
            #expect(planned.output.contains("1 of 2 versions would go"))

            let back = try await shelf.image("rollback", "small")
            #expect(back.exitCode == 0 && back.output.contains("small is \(old) again"), "\(back.output)\(back.errors)")
            let freed = try await shelf.image("gc", "--force", "-o", "json")
            #expect(freed.exitCode == 0 && freed.output.contains("\"removed\""), "\(freed.output)")
            #expect(shelf.disks.count == 1)
            #expect(try await shelf.image("verify", "small").exitCode == 0)
            #expect(try await shelf.image("rollback", "small").exitCode == 66)
        }
    }

    @Test("a machine that a plant has noted is counted, and keeps what it stands on from all but force")
    func notedMachine() async throws {
        try await Shelf.run { shelf in
            try await publish(shelf)
            let disk = try #require(shelf.disks.first)
            let notes = URL(filePath: disk).deletingLastPathComponent().appending(path: "machines")
            try FileManager.default.createDirectory(at: notes, withIntermediateDirectories: true)
            try Data("plant7".utf8).write(to: notes.appending(path: "vms-one"))
            try await replace(shelf, "--keep-replaced")
            let tree = try await shelf.image("tree")
            #expect(tree.output.split(separator: "\n").map { $0.last } == ["S", "0", "1"], "\(tree.output)")
            let collected = try await shelf.image("gc", "--force")
            #expect(collected.output.contains("1 stands on it: vms-one on plant7"), "\(collected.output)")
            #expect(shelf.disks.count == 2)
            #expect(try await shelf.image("remove", "small", "--force").exitCode == 0)
            #expect(shelf.disks.isEmpty)
        }
    }

    @Test("garbage is not collected when nobody can say which machines there are")
    func silentShop() async throws {
        try await Shelf.run { shelf in
            try await publish(shelf)
            try await replace(shelf, "--keep-replaced")
            let run = try await shelf.image("gc")
            #expect(run.exitCode != 0 && run.errors.contains("--force"), "\(run.errors)")
            #expect(shelf.disks.count == 2)
        }
    }

    @Test(
        "an empty warehouse has no tree and no garbage, and nonsense is refused",
        arguments: [["tree"], ["gc", "--force"]]
    )
    func empty(words: [String]) async throws {
        try await Shelf.run { shelf in
            let run = try await shelf.image(words)
            #expect(run.exitCode == 0 && run.output.contains("no images"), "\(run.output)\(run.errors)")
            #expect(try await shelf.image("gc", "--older-than", "soon").exitCode == 64)
            #expect(try await shelf.image("gc", "--keep", "much").exitCode == 64)
            #expect(try await shelf.image("rollback", "nothing").exitCode == 66)
        }
    }
}
