import FoundationEssentials
public import Glibc
import ShopAPI

/// A child process in a process group of its own.
public struct ChildProcess: Sendable, Hashable {
    /// Its id.
    public let id: pid_t

    /// Starts a program; `nil` when it could not be started.
    ///
    /// - Parameters:
    ///   - words: The program's absolute path and its arguments.
    ///   - environment: Variables beside this process's own.
    ///   - output: The file for its output and its errors; thrown away without one.
    public init?(_ words: [String], environment: [String: String] = [:], output: String = "/dev/null") {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var arguments = Self.strings(words)
        var assignments = Self.strings(variables.map { $0 + "=" + $1 })
        defer { (arguments + assignments).forEach { free($0) } }
        var started: pid_t = 0
        guard let program = words.first,
            posix_spawn(&started, program, &actions, &attributes, &arguments, &assignments) == 0
        else { return nil }
        id = started
    }

    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var copies: [UnsafeMutablePointer<CChar>?] = []
        for text in texts { copies.append(strdup(text)) }
        return copies + [nil]
    }

    /// Sends a signal to the process and all of its group.
    public func send(_ signal: Int32) { kill(-id, signal) }

    /// Its exit status as `waitpid` gives it, once it has ended; it can be asked for once.
    public func status() -> Int32? {
        var status: Int32 = 0
        return waitpid(id, &status, WNOHANG) == id ? status : nil
    }

    /// Waits until it has ended, and says how: `waitpid`'s status.
    public func ended(within limit: Duration) async throws -> Int32 {
        var ending: Int32?
        try await Eventually.holds("process \(id) ends", within: limit) {
            ending = ending ?? status()
            return ending != nil
        }
        return ending ?? 0
    }

    /// Waits until it has killed itself at its fault point. One that never gets there is killed: no test leaves it running.
    ///
    /// - Throws: ``ServiceError`` when it did not get there, or ended otherwise.
    public func diesAtFaultPoint(within limit: Duration = .seconds(60)) async throws {
        let status: Int32
        do {
            status = try await ended(within: limit)
        } catch {
            send(SIGKILL)
            _ = try? await ended(within: .seconds(10))
            throw error
        }
        // The low bits of a status are the signal.
        guard status & 0x7F == SIGKILL else {
            throw ServiceError(.internalError, "process \(id) ended with status \(status), not at its fault point")
        }
    }
}
