import FoundationEssentials
import Glibc

/// A program that is run to its end.
enum ChildProcess {
    /// Runs it. What it prints goes into the file `output`; where there is none, it goes where ours does.
    static func run(_ program: String, _ arguments: [String], output: String? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, nil, &words, environ)
        guard code == 0 else { throw BenchmarkFailure("cannot start \(program): \(String(cString: strerror(code)))") }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw BenchmarkFailure("\(program) \(arguments.joined(separator: " ")) failed") }
    }

    /// Runs it, and answers what it printed.
    static func output(of program: String, _ arguments: [String], in folder: ScratchFolder) throws -> [UInt8] {
        let path = folder("output-\(UInt64.random(in: .min ... .max))")
        defer { unlink(path) }
        try run(program, arguments, output: path)
        return [UInt8](try Data(contentsOf: URL(filePath: path)))
    }
}
