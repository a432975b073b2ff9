import FoundationEssentials
import Glibc
import ShopAPI

/// Disks that fill up, fail or do not answer: small file systems in files, and strace. All of it needs root.
public enum TroubledDisk {
    /// Runs a program of this host to its end.
    ///
    /// - Parameters:
    ///   - words: Its name and its arguments.
    ///   - mayFail: Whether it does not matter how it ends.
    /// - Throws: ``ServiceError`` when it failed.
    public static func run(_ words: [String], mayFail: Bool = false) async throws {
        let status = try await program(words)?.ended(within: .seconds(60))
        guard status == 0 || mayFail else {
            throw ServiceError(
                .internalError,
                "`\(words.joined(separator: " "))` failed: \(status ?? -1); is this root?"
            )
        }
    }

    private static func program(_ words: [String]) -> ChildProcess? { ChildProcess(["/usr/bin/env"] + words) }

    /// Makes system calls of a process fail from now on, as a broken disk would.
    ///
    /// - Parameters:
    ///   - calls: Their names, with commas.
    ///   - process: The process.
    /// - Returns: What does it, and ends with it; nothing where it cannot be started.
    public static func failing(_ calls: String, of process: ChildProcess) -> ChildProcess? {
        program([
            "strace", "-f", "-qq", "-p", "\(process.id)", "-e", "trace=" + calls, "-e", "inject=\(calls):error=EIO",
        ])
    }

    /// Whether all threads of a process are in the hands of a tracer.
    public static func isTraced(_ process: ChildProcess) -> Bool {
        let tasks = "/proc/\(process.id)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return !threads.isEmpty
            && threads.allSatisfy { thread in
                let status = FileManager.default.contents(atPath: "\(tasks)/\(thread)/status") ?? Data()
                return !String(decoding: status, as: UTF8.self).contains("TracerPid:\t0\n")
            }
    }

    /// A file system of its own for the time of a test.
    ///
    /// - Parameters:
    ///   - size: How many bytes, as truncate takes it.
    ///   - path: Where it is mounted.
    ///   - directory: Where its file is.
    ///   - body: What is done meanwhile.
    /// - Throws: ``ServiceError`` where it cannot be made; what the body throws.
    public static func with(
        _ size: String,
        at path: String,
        in directory: TemporaryDirectory,
        _ body: () async throws -> Void
    ) async throws {
        let file = directory("disk.img")
        try await run(["truncate", "-s", size, file])
        try await run(["mkfs.ext4", "-q", "-m", "0", file])
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await run(["mount", "-o", "loop", file, path])
        let unmount = { try await Task { try await run(["umount", "-l", path]) }.value }
        do {
            try await body()
        } catch {
            try await unmount()
            throw error
        }
        try await unmount()
    }

    /// Nothing is written to a file system meanwhile: who tries waits. Another process thaws it, since one that writes there can do
    /// nothing.
    public static func whileFrozen(_ path: String, _ body: () async throws -> Void) async throws {
        try await run(["fsfreeze", "--freeze", path])
        // In a task of its own, so that it is done also when the test is cancelled.
        let thaw = { try await Task { try await run(["fsfreeze", "--unfreeze", path]) }.value }
        do {
            try await body()
        } catch {
            try await thaw()
            throw error
        }
        try await thaw()
    }
}
