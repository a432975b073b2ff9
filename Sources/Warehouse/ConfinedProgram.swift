import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A program that reads what came from outside: with little memory and time, and no rights of its own where that can be.
struct ConfinedProgram: Sendable {
    /// What it may use.
    struct Limits: Sendable {
        var seconds: Int
        var memory: Int
        /// The largest file that it may write.
        var fileSize: Int
    }

    /// The user that nothing belongs to.
    static let nobody: uid_t = 65534

    let name: String
    let package: String
    let limits: Limits
    /// Whether it gives up all rights first; only root has any to give up.
    let dropsRights: Bool

    /// Runs the program, with files of ours as its standard input and output: it is told no path that came from outside.
    ///
    /// - Parameters:
    ///   - arguments: its arguments, none of which comes from outside unchecked.
    ///   - input: its standard input.
    ///   - limit: how many bytes it may say.
    /// - Returns: what it said, and its complaints.
    /// - Throws: ``FileTreeError`` when it is not there, fails, says too much or takes too long.
    func run(
        _ arguments: [String],
        input: OpenFile,
        limit: Int = 4 << 20
    ) async throws(FileTreeError) -> (output: String, complaints: String) {
        try await self.timed { try await self.spawned(arguments, input: input, limit: limit) }
    }

    /// Runs the program with its standard output going to a file.
    func run(_ arguments: [String], input: OpenFile, output: OpenFile) async throws(FileTreeError) {
        try await self.timed {
            let result = try await Subprocess.run(
                .name("prlimit"),
                arguments: Arguments(self.command(arguments)),
                environment: Self.environment,
                input: Self.descriptor(input),
                output: .fileDescriptor(
                    FileDescriptor(rawValue: output.descriptor),
                    closeAfterSpawningProcess: false
                ),
                error: .string(limit: 64 << 10)
            )
            try self.check(result.terminationStatus, result.standardError)
        }
    }

    private func spawned(
        _ arguments: [String],
        input: OpenFile,
        limit: Int
    ) async throws -> (output: String, complaints: String) {
        let result = try await Subprocess.run(
            .name("prlimit"),
            arguments: Arguments(self.command(arguments)),
            environment: Self.environment,
            input: Self.descriptor(input),
            output: .string(limit: limit),
            error: .string(limit: 64 << 10)
        )
        try self.check(result.terminationStatus, result.standardError)
        return (result.standardOutput, result.standardError)
    }

    private static let environment = Subprocess.Environment.custom([
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBUGFS_PAGER": "__none__",
    ])

    private static func descriptor(_ file: OpenFile) -> FileDescriptorInput {
        .fileDescriptor(FileDescriptor(rawValue: file.descriptor), closeAfterSpawningProcess: false)
    }

    private func command(_ arguments: [String]) -> [String] {
        let limits = [
            "--cpu=\(self.limits.seconds)", "--as=\(self.limits.memory)", "--fsize=\(self.limits.fileSize)",
            "--core=0", "--nofile=64", "--",
        ]
        let nobody = [
            "setpriv", "--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", "--clear-groups", "--no-new-privs",
            "--inh-caps=-all", "--bounding-set=-all", "--",
        ]
        return limits + (self.dropsRights && geteuid() == 0 ? nobody : []) + [self.name] + arguments
    }

    private func check(_ status: TerminationStatus, _ complaints: String) throws(FileTreeError) {
        guard !status.isSuccess else { return }
        if case .exited(127) = status {
            throw FileTreeError(reason: "there is no \(self.name) here (package \(self.package))")
        }
        let complaint = complaints.split(separator: "\n").first.map(String.init) ?? "\(status)"
        throw FileTreeError(reason: "\(self.name) failed: \(complaint)")
    }

    /// The limit on processor time does not end a program that waits.
    private func timed<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws(FileTreeError) -> Value {
        do {
            return try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: .seconds(self.limits.seconds * 2))
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let value = first else {
                    throw FileTreeError(reason: "\(self.name) took longer than \(self.limits.seconds * 2) s")
                }
                return value
            }
        } catch {
            throw (error as? FileTreeError) ?? FileTreeError(reason: "\(self.name): \(error)")
        }
    }
}
