import Subprocess
import SystemPackage

/// A program of the host that a test uses.
enum Command {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What a program answered.
    struct Answer: Sendable {
        var isSuccess: Bool
        var output: String
    }

    /// Runs a program to its end, whatever that is.
    static func attempt(_ words: String...) async throws -> Answer { try await attempt(words) }

    static func attempt(_ words: [String]) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(FilePath(words[0])),
            arguments: Arguments(Array(words.dropFirst())),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        return Answer(
            isSuccess: result.terminationStatus.isSuccess,
            output: result.standardOutput + result.standardError
        )
    }

    /// Runs a program that has to succeed.
    @discardableResult
    static func run(_ words: String...) async throws -> String { try await run(words) }

    @discardableResult
    static func run(_ words: [String]) async throws -> String {
        let answer = try await attempt(words)
        guard answer.isSuccess else { throw Failure(description: words.joined(separator: " ") + ": " + answer.output) }
        return answer.output
    }

    /// Starts a program that goes to the background by itself, and so would keep pipes open.
    static func start(_ words: [String]) async throws {
        let result = try await Subprocess.run(
            .path(FilePath(words[0])),
            arguments: Arguments(Array(words.dropFirst())),
            output: .discarded,
            error: .discarded
        )
        guard result.terminationStatus.isSuccess else { throw Failure(description: words.joined(separator: " ")) }
    }
}
