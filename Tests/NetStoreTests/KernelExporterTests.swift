import Glibc
import Testing

@testable import NetStore

@Suite("Exporter over the kernel's NFS server (its table only: this says nothing about nfsd itself)")
struct KernelExporterTests {
    @Test("Exports are entered once, listed, and taken back; others are left alone")
    func enters() async throws {
        try #require(getuid() == 0, "this test needs root: it makes a mount namespace")
        try await withTemporaryFolder { folder in
            let program = try await privateProgram(in: folder)
            let exporter = try KernelExporter(shareRoot: folder + "/shares", executable: program)
            try await Command.run("/bin/mkdir", "-p", folder + "/shares/A", folder + "/shares/B", folder + "/other")
            try await Command.run(program, "-i", "-o", "rw", "10.90.0.9:\(folder)/other")
            let client = try #require(IPv4Address("10.90.0.2"))
            let first = try ShareExport(id: 102, path: folder + "/shares/A", client: client)
            let second = try ShareExport(id: 103, path: folder + "/shares/B", client: client)
            #expect(try await exporter.list().isEmpty)
            try await exporter.add(first)
            try await exporter.add(first)
            try await exporter.add(second)
            #expect(
                try await exporter.list() == [
                    ListedExport(id: 102, path: first.path, client: client),
                    ListedExport(id: 103, path: second.path, client: client),
                ]
            )
            let table = try text(folder + "/nfs/etab")
            #expect(table.contains("\(first.path)\t10.90.0.2(rw,sync,"))
            #expect(table.contains("no_root_squash"))
            try await exporter.remove(first)
            try await exporter.remove(first)
            #expect(try await exporter.list().map(\.id) == [103])
            for orphan in try await exporter.list() { try await exporter.removeOrphan(orphan) }
            #expect(try await exporter.list().isEmpty)
            let other = ListedExport(id: nil, path: folder + "/other", client: IPv4Address("10.90.0.9"))
            await expectFailure(.invalid) { try await exporter.removeOrphan(other) }
            #expect(try text(folder + "/nfs/etab").contains("/other"))
            #expect(exporter.mountPath(of: second) == second.path)
        }
    }

    @Test("A host without the program says so")
    func lacksProgram() async throws {
        let exporter = try KernelExporter(shareRoot: "/srv/shares", executable: "/nonexistent/exportfs")
        await expectFailure(.unavailable) { try await exporter.list() }
    }

    @Test("A program that hangs costs its deadline")
    func hangs() async throws {
        try await withTemporaryFolder { folder in
            try await makeProgram(folder + "/exportfs", "exec sleep 60")
            let exporter = try KernelExporter(
                shareRoot: folder,
                executable: folder + "/exportfs",
                timeout: .milliseconds(200)
            )
            await expectFailure(.timedOut) { try await exporter.list() }
        }
    }

    /// `exportfs` on a table of its own.
    private func privateProgram(in folder: String) async throws -> String {
        try await Command.run("/bin/mkdir", folder + "/nfs")
        for name in ["etab", "rmtab"] { try write("\(folder)/nfs/\(name)", "") }
        try await makeProgram(
            folder + "/exportfs",
            """
            exec unshare -m sh -c 'mount --make-rprivate / && mount --bind \(folder)/nfs /var/lib/nfs \\
                && exec /usr/sbin/exportfs "$@"' exportfs "$@"
            """
        )
        return folder + "/exportfs"
    }

    private func makeProgram(_ path: String, _ body: String) async throws {
        // By another process, so that no other child of this one holds it open for writing when it is started.
        try write(path + ".text", "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n" + body + "\n")
        try await Command.run("/usr/bin/install", "-m", "755", path + ".text", path)
    }
}
