import Glibc
import ShopAPI

/// A server of the product as a process of its own, built beside the tests.
public struct ListeningProcess: Sendable {
    /// The process.
    public let process: ChildProcess
    /// The port that it listens on.
    public let port: Int

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - program: The program's name.
    ///   - settings: Its settings, `key=value`.
    ///   - log: The name of the file in the directory that it logs to.
    ///   - directory: The directory.
    ///   - fault: Where it is to be killed, a name of its fault points.
    ///   - tracer: A command that the server is started by, such as strace with its arguments.
    /// - Returns: The server, listening.
    /// - Throws: ``ServiceError`` when it did not come to listen; it is killed then.
    public static func start(
        _ program: String,
        _ settings: [String],
        log: String,
        in directory: TemporaryDirectory,
        killedAt fault: String? = nil,
        under tracer: [String] = []
    ) async throws -> ListeningProcess {
        let before = directory.read(log)?.count ?? 0
        let words = tracer + [try SourceTree.program(program), "serve"] + settings.flatMap { ["--set", $0] }
        let environment = fault.map { ["VMSHOP_FAULT": "kill@" + $0] } ?? [:]
        guard let process = ChildProcess(words, environment: environment, output: directory(log)) else {
            throw ServiceError(.unavailable, "\(words[0]) cannot be started")
        }
        var port: Int?
        do {
            try await Eventually.holds("\(program) listens") {
                let news = (directory.read(log) ?? "").dropFirst(before)
                port = (news.firstMatch(of: /port=([0-9]+)/)?.output.1).flatMap { Int($0) }
                return port != nil
            }
        } catch {
            process.send(SIGKILL)
            throw error
        }
        return ListeningProcess(process: process, port: port ?? 0)
    }
}
