import Glibc

/// A program that is run to its end.
enum ChildProcess {
    static func run(_ program: String, _ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, nil, nil, &words, environ)
        guard code == 0 else { throw BenchmarkFailure("cannot start \(program): \(String(cString: strerror(code)))") }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw BenchmarkFailure("\(program) \(arguments.joined(separator: " ")) failed") }
    }
}
