import Glibc
import Testing

@testable import NetStore

/// What a guest, who is root in its share, may put anywhere.
enum Trap: String, CaseIterable, Sendable {
    case absoluteLink, relativeLink, danglingLink, linkToSelf, pipe, device, directory, socket

    /// Lays the trap. `secret` is a file of the plant's that nobody may read.
    func lay(_ path: String, secret: String) throws {
        let status =
            switch self {
            case .absoluteLink: symlink(secret, path)
            case .relativeLink: symlink("../../../../../../../.." + secret, path)
            case .danglingLink: symlink("/nowhere", path)
            case .linkToSelf: symlink("status", path)
            case .pipe: mkfifo(path, 0o644)
            case .device: mknod(path, S_IFCHR | 0o644, 0x0105)  // /dev/zero
            case .directory: mkdir(path, 0o755)
            case .socket: mknod(path, S_IFSOCK | 0o644, 0)
            }
        try #require(status == 0, "only root can lay a trap of kind \(rawValue): errno \(errno)")
    }
}

@Suite("A hostile guest's share", .timeLimit(.minutes(1)))
struct HostileShareTests {
    private let job: JobName

    init() throws { job = try JobName(sequence: 1, action: "user") }

    @Test("Nothing but a regular file is read, and nothing hangs", arguments: Trap.allCases)
    func refusesFiles(trap: Trap) async throws {
        try await withShare { share, path in
            let secret = String(path.dropLast("/share".count)) + "/secret"
            try write(secret, ScriptShareTests.status)
            try #require(mkdir(path + "/out/0001-user", 0o755) == 0)
            try trap.lay(path + "/out/0001-user/status", secret: secret)
            try trap.lay(path + "/heartbeat", secret: secret)
            await expectFailure(.tampered) { try await share.outcome(of: job, nonce: "n-1") }
            await expectFailure(.tampered) { try await share.heartbeat() }
        }
    }

    @Test(
        "A part of an answer that is a trap spoils the answer",
        arguments: ["stdout", "stderr", "attributes", "usage"]
    )
    func refusesParts(name: String) async throws {
        try await withShare { share, path in
            try await answer(path, status: ScriptShareTests.status)
            try Trap.absoluteLink.lay(path + "/out/0001-user/" + name, secret: "/etc/shadow")
            await expectFailure(.tampered) { try await share.outcome(of: job, nonce: "n-1") }
        }
    }

    @Test("A directory that is a trap is not gone through", arguments: Trap.allCases.filter { $0 != .directory })
    func refusesDirectories(trap: Trap) async throws {
        try await withShare { share, path in
            let elsewhere = String(path.dropLast("/share".count)) + "/elsewhere"
            try await Command.run("/bin/mkdir", "-p", elsewhere + "/0001-user")
            try write(elsewhere + "/0001-user/status", ScriptShareTests.status)
            for name in ["job", "out"] {
                try await Command.run("/bin/rmdir", path + "/" + name)
                try trap.lay(path + "/" + name, secret: elsewhere)
            }
            await expectFailure(.tampered) { try await share.outcome(of: job, nonce: "n-1") }
            let another = try makeJob()
            await expectFailure(.tampered) { try await share.enqueue(another) }
            #expect(try await Command.run("/bin/ls", "-A", elsewhere) == "0001-user\n")
        }
    }

    @Test("A link in the place of what the plant writes is replaced, not followed")
    func replacesLinks() async throws {
        try await withShare { share, path in
            try write(String(path.dropLast("/share".count)) + "/secret", "secret")
            try Trap.absoluteLink.lay(path + "/finish", secret: String(path.dropLast("/share".count)) + "/secret")
            try await share.finish(.poweroff)
            #expect(try text(String(path.dropLast("/share".count)) + "/secret") == "secret")
            #expect(try text(path + "/finish") == "poweroff\n")
        }
    }

    @Test("Of a huge file only the first 64 KiB are read")
    func capsReading() async throws {
        try await withShare { share, path in
            try await answer(path, status: ScriptShareTests.status)
            for name in ["stdout", "stderr", "attributes"] {
                try await Command.run("/usr/bin/truncate", "-s", "1T", path + "/out/0001-user/" + name)
            }
            let outcome = try #require(try await share.outcome(of: job, nonce: "n-1"))
            #expect(outcome.output.count == ScriptShare.readLimit)
            #expect(outcome.isCut)
            #expect(outcome.badAttributeLines == 1)
        }
    }

    @Test("A share full of traps is removed, and what they point to is not")
    func removesTraps() async throws {
        try await withShare { share, path in
            let elsewhere = String(path.dropLast("/share".count)) + "/elsewhere"
            try await Command.run("/bin/mkdir", "-p", elsewhere + "/kept")
            for trap in Trap.allCases { try trap.lay(path + "/out/" + trap.rawValue, secret: elsewhere) }
            try #require(mkdir(path + "/out/directory/inner", 0) == 0)
            try #require(
                [UInt8]("\(path)/out/".utf8).withUnsafeBufferPointer { bytes in
                    // A name that is no text: not UTF-8, with a newline.
                    let name =
                        bytes.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xFF), 10, CChar(bitPattern: 0xC0), 0]
                    return creat(name, 0o644) >= 0
                }
            )
            try await share.remove()
            #expect(try await !share.exists())
            #expect(try await Command.run("/bin/ls", "-A", elsewhere) == "kept\n")
        }
    }

    @Test("A tree ten thousand directories deep is removed")
    func removesDepth() async throws {
        try await withShare { share, path in
            var folder = open(path + "/out", O_RDONLY | O_DIRECTORY)
            for _ in 0..<10_000 {
                try #require(mkdirat(folder, "d", 0o755) == 0)
                let inner = openat(folder, "d", O_RDONLY | O_DIRECTORY)
                close(folder)
                folder = inner
            }
            close(folder)
            try await share.remove()
            #expect(try await !share.exists())
        }
    }

    @Test("A tree with many names in each directory is removed")
    func removesBreadth() async throws {
        try await withShare { share, path in
            try await Command.run(
                "/bin/sh",
                "-c",
                "cd \(path)/out && mkdir a a/b && for d in . a a/b; do (cd $d && seq 1000 | xargs touch && "
                    + "mkdir $(seq -f x%g 100)); done"
            )
            try await share.remove()
            #expect(try await !share.exists())
        }
    }

    @Test("A share that is itself a link is not gone through")
    func refusesLinkedShare() async throws {
        try await withTemporaryFolder { folder in
            try await Command.run("/bin/mkdir", "-p", folder + "/elsewhere/kept")
            try #require(symlink(folder + "/elsewhere", folder + "/share") == 0)
            let share = try ScriptShare(directory: folder + "/share")
            await expectFailure(.tampered) { try await share.create(ScriptShareTests.identity) }
            await expectFailure(.tampered) { try await share.remove() }
            #expect(try await Command.run("/bin/ls", "-A", folder + "/elsewhere") == "kept\n")
        }
    }
}
