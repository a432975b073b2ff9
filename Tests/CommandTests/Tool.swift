import Foundation
import Subprocess
import Testing

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// The built programs, run as a user runs them.
struct Tool: Sendable {
    /// What a run brought.
    struct Run: Sendable {
        var exitCode: Int32
        var output: String
        var errors: String

        /// The lines of standard output.
        var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }

    let name: String

    static let vmshop = Tool(name: "vmshop")
    static let shopServer = Tool(name: "vmshop-server")
    static let plantServer = Tool(name: "vmplant-server")

    /// The directory that the test bundle is in, and the programs beside it.
    private static let directory = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path(
        percentEncoded: false
    )

    private var path: String {
        get throws {
            let candidates = [Self.directory, Bundle.main.bundlePath].map { $0 + "/" + name }
            return try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0) }, "\(candidates)")
        }
    }

    /// Runs the program.
    func run(
        _ arguments: String...,
        input: String = "",
        environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> Run {
        try await run(arguments, input: input, environment: environment, directory: directory)
    }

    /// Runs the program.
    func run(
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> Run {
        let result = try await Subprocess.run(
            .path(FilePath(path)),
            arguments: Arguments(arguments),
            environment: Self.variables(environment),
            workingDirectory: directory.map { FilePath($0) },
            input: .fileDescriptor(Self.file(with: input), closeAfterSpawningProcess: true),
            output: .string(limit: 16 << 20),
            error: .string(limit: 16 << 20)
        )
        return Run(
            exitCode: Self.code(result.terminationStatus),
            output: result.standardOutput,
            errors: result.standardError
        )
    }

    /// Runs the program with its standard output going to a file.
    func run(_ arguments: String..., outputFile: String) async throws -> Run {
        let result = try await Subprocess.run(
            .path(FilePath(path)),
            arguments: Arguments(arguments),
            input: .fileDescriptor(Self.file(with: ""), closeAfterSpawningProcess: true),
            output: .fileDescriptor(FileDescriptor.open(outputFile, .writeOnly), closeAfterSpawningProcess: true),
            error: .string(limit: 16 << 20)
        )
        return Run(exitCode: Self.code(result.terminationStatus), output: "", errors: result.standardError)
    }

    private static func variables(_ environment: [String: String]) -> Subprocess.Environment {
        let variables = Dictionary(
            uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        )
        return .inherit.updating(variables)
    }

    /// A file, not a pipe: the program may end before it has read all.
    private static func file(with input: String) throws -> FileDescriptor {
        let file = NSTemporaryDirectory() + "vmshop-input-" + UUID().uuidString
        try Data(input.utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try FileDescriptor.open(file, .readOnly)
    }

    private static func code(_ status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): Int32(code)
        case .signaled(let signal): 1_000 + Int32(signal)
        }
    }
}

/// A directory for one test.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = NSTemporaryDirectory() + "vmshop-command-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

extension String {
    /// Writes the text to a file and returns the file's path.
    @discardableResult
    func write(in directory: String, as name: String) throws -> String {
        let path = directory + "/" + name
        try Data(utf8).write(to: URL(filePath: path))
        return path
    }
}
