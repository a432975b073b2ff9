import Glibc
import Testing

@testable import NetStore

extension NamespaceTests {
    @Suite("Exporter over a real NFS-Ganesha", .serialized)
    struct GaneshaExporterTests {
        @Test("A share is there for its guest, for nobody else, and gone at once when it is taken back")
        func exports() async throws {
            try await with("export") { server in
                let (first, second) = (server.lab.lease(2), server.lab.lease(3))
                let exporter = try server.exporter()
                let (one, two) = try await (server.share(first), server.share(second))
                try await exporter.add(one)
                try await exporter.add(two)
                try await exporter.add(one)
                #expect(try await exporter.list().map(\.id) == [102, 103])
                #expect(try await exporter.list().map(\.path) == [one.path, two.path])
                #expect(exporter.mountPath(of: one) == "/vmshop/10.90.0.2")
                #expect(try await server.read("token", of: one, as: first) == "M2")
                #expect(try await server.read("token", of: two, as: second) == "M3")
                #expect(try await server.read("token", of: one, as: second) == nil)
                try await exporter.remove(one)
                try await exporter.remove(one)
                #expect(try await server.read("token", of: one, as: first) == nil)
                #expect(try await server.read("token", of: two, as: second) == "M3")
                #expect(try await exporter.list().map(\.id) == [103])
                try await exporter.add(one)
                #expect(try await server.read("token", of: one, as: first) == "M2")
                for orphan in try await exporter.list() { try await exporter.removeOrphan(orphan) }
                #expect(try await exporter.list().isEmpty)
                #expect(try await server.read("token", of: one, as: first) == nil)
                await expectFailure(.invalid) { try await exporter.removeOrphan(ListedExport(id: 0, path: "/")) }
            }
        }

        @Test("What the plant writes, the guest sees at once; what the guest writes, the plant reads")
        func isFresh() async throws {
            try await with("fresh") { server in
                let lease = server.lab.lease(2)
                let export = try await server.share(lease)
                let exporter = try server.exporter()
                try await exporter.add(export)
                for number in 0..<5 {
                    let before = try #require(try await server.names(of: export, as: lease))
                    #expect(before.count == number + 1)
                    try write(lease.share + "/job\(number)", "x")
                    #expect(try await server.names(of: export, as: lease)?.contains("job\(number)") == true)
                }
                try write(lease.share + "/token", "changed")
                #expect(try await server.read("token", of: export, as: lease) == "changed")
                try write(server.lab.folder + "/answer", "from the guest")
                let url = "nfs://\(server.lab.gateway)\(export.pseudoPath)/answer?version=4"
                try await server.lab.inGuest(lease, "nfs-cp", server.lab.folder + "/answer", url)
                #expect(try text(lease.share + "/answer") == "from the guest")
            }
        }

        @Test("An export that changed is replaced: the old guest is out, the new one in")
        func replaces() async throws {
            try await with("replace") { server in
                let (old, new) = (server.lab.lease(2), server.lab.lease(3))
                let exporter = try server.exporter()
                let export = try await server.share(old)
                try await exporter.add(export)
                let client = try #require(IPv4Address(new.address))
                let changed = try ShareExport(id: export.id, path: export.path, client: client)
                try await exporter.add(changed)
                #expect(try await exporter.list().count == 1)
                #expect(try await server.read("token", of: export, as: old) == nil)
                #expect(try await server.read("token", of: changed, as: new) == "M2")
            }
        }

        @Test("After the server was killed and started again, adding again restores")
        func restores() async throws {
            try await with("restore") { server in
                let lease = server.lab.lease(2)
                let exporter = try server.exporter()
                let export = try await server.share(lease)
                try await exporter.add(export)
                try await server.killServer(SIGKILL)
                await expectFailure(.unavailable) { try await exporter.add(export) }
                await expectFailure(.unavailable) { try await exporter.remove(export) }
                try await server.startServer()
                #expect(try await exporter.list().isEmpty)
                try await exporter.add(export)
                #expect(try await server.read("token", of: export, as: lease) == "M2")
            }
        }

        @Test("A server that hangs costs its deadline, and no more")
        func hangs() async throws {
            try await with("hang") { server in
                let export = try await server.share(server.lab.lease(2))
                let exporter = try server.exporter(timeout: .milliseconds(300))
                try await server.killServer(SIGSTOP)
                let clock = ContinuousClock()
                let time = await clock.measure { await expectFailure(.timedOut) { try await exporter.add(export) } }
                #expect(time < .seconds(5))
                try await server.killServer(SIGCONT)
                try await server.exporter().add(export)
                #expect(try await server.exporter().list().map(\.id) == [102])
            }
        }

        @Test("What a killed plant left is not read by a server that starts, and is swept")
        func sweeps() async throws {
            try await with("sweep") { server in
                let exporter = try server.exporter()
                let (one, two) = try await (server.share(server.lab.lease(2)), server.share(server.lab.lease(3)))
                let folder = server.lab.folder + "/exports"
                try await exporter.add(one)
                try await exporter.add(two)
                // Killed while it wrote: half a file, in the directory that a server passes over.
                try write(folder + "/new/104.conf", "EXPORT { Export_Id = 104; Path = ")
                try await server.killServer(SIGKILL)
                try await server.startServer(including: folder)
                #expect(try await exporter.list().map(\.id) == [102, 103])
                try write(folder + "/105.conf", GaneshaFiles.text(of: try ShareExport(lease: server.lab.lease(5))))
                try await exporter.sweep(keeping: [102])
                #expect(try await exporter.list().map(\.id) == [102])
                #expect(try await Command.run("/bin/ls", folder) == "102.conf\nnew\n")
                try await exporter.add(try ShareExport(id: 104, path: two.path, client: two.client))
                #expect(try await exporter.list().map(\.id) == [102, 104])
                #expect(try await Command.run("/bin/ls", folder + "/new").isEmpty)
            }
        }

        @Test("An export that is taken back while the server is away does not come back with it")
        func forgetsFirst() async throws {
            try await with("forget") { server in
                let exporter = try server.exporter()
                let export = try await server.share(server.lab.lease(2))
                try await exporter.add(export)
                try await server.killServer(SIGKILL)
                await expectFailure(.unavailable) { try await exporter.remove(export) }
                try await server.startServer(including: server.lab.folder + "/exports")
                #expect(try await exporter.list().isEmpty)
                try await exporter.remove(export)
            }
        }

        @Test("A directory that is not there is refused, and leaves no export")
        func refusesMissing() async throws {
            try await with("missing") { server in
                let exporter = try server.exporter()
                let export = try ShareExport(lease: server.lab.lease(2))
                await expectFailure(.refused) { try await exporter.add(export) }
                #expect(try await exporter.list().isEmpty)
                #expect(try await Command.run("/bin/ls", server.lab.folder + "/exports") == "new\n")
                let made = try await server.share(server.lab.lease(2))
                try await exporter.add(made)
                #expect(try await exporter.list().count == 1)
            }
        }

        private func with(_ name: String, _ body: (GaneshaLab) async throws -> Void) async throws {
            try await NetworkLab.with(name) { lab in
                let server = GaneshaLab(lab: lab)
                try await server.start()
                try await lab.plug(lab.lease(2))
                try await lab.plug(lab.lease(3))
                try await body(server)
            }
        }
    }

    @Test("Without a bus the server cannot be asked, and nothing hangs")
    func lacksBus() async throws {
        try await withTemporaryFolder { folder in
            let exporter = try GaneshaExporter(directory: folder + "/exports", busAddress: "unix:path=\(folder)/none")
            await expectFailure(.unavailable) { try await exporter.list() }
        }
    }
}

@Suite("Exports")
struct ShareExportTests {
    @Test(
        "A path that a configuration file would read otherwise is refused",
        arguments: ["", "srv", "/", "/a b", "/a\"; Squash = None", "/a/../b", "/a\n", "/a;", "/ä"]
    )
    func refuses(path: String) throws {
        let client = try #require(IPv4Address("10.0.0.2"))
        #expect(throws: NetStoreError.self) { try ShareExport(id: 1, path: path, client: client) }
        #expect(throws: NetStoreError.self) { try GaneshaExporter(directory: path) }
    }
}
