import Subprocess
import Testing

/// Programs that a test runs.
enum Program {
    /// What a program answered.
    struct Answer: Sendable {
        var code: Int
        var output: String
        var errors: String

        /// Both outputs, as a person at a terminal would have seen them.
        var text: String { output + errors }
    }

    /// A program that did not do what the test needs of it.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs a program to its end, which comes after `limit` seconds at the latest (with exit code 124 or 137).
    static func run(_ words: [String], limit: Int = 120) async throws -> Answer {
        let result = try await Subprocess.run(
            .name("timeout"),
            arguments: Arguments(["-k", "5", String(limit)] + words),
            output: .string(limit: 4 << 20),
            error: .string(limit: 4 << 20)
        )
        let code =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            case .signaled(let signal): 128 + Int(signal)
            }
        return Answer(code: code, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs a program that has to succeed.
    @discardableResult
    static func demand(_ words: [String], limit: Int = 120) async throws -> String {
        let answer = try await run(words, limit: limit)
        guard answer.code == 0 else {
            throw Failure(description: "\(words.joined(separator: " ")): exit code \(answer.code)\n\(answer.text)")
        }
        return answer.output
    }
}
