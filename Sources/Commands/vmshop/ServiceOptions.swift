import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import ShopAPI

/// Which service is spoken to.
struct ServiceOptions: ParsableArguments {
    @Option(help: "The shop or plant (default: $VMSHOP_URL, else http://127.0.0.1:8100).")
    var url: String?

    func validate() throws {
        guard ServiceAddress.isValid(address) else {
            throw ValidationError(
                "the service's address must be http://HOST:PORT, not `\(address)` (--url, $VMSHOP_URL)"
            )
        }
    }

    var address: String { url ?? Variable.value("VMSHOP_URL") ?? "http://127.0.0.1:8100" }

    /// Runs `body` with a client of the service, and closes its connections.
    func withClient<Value>(_ body: (MachineClient) async throws -> Value) async throws -> Value {
        try await withHTTP { try await body(MachineClient(url: address, http: $0, deadline: .seconds(60))) }
    }

    /// Runs `body` with connections, and closes them.
    func withHTTP<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        return try await HTTPClient.withHTTPClient(configuration: configuration) { try await body($0) }
    }
}

/// Environment variables.
enum Variable {
    /// The value of a variable; an empty one counts as none.
    static func value(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Reads a request document.
enum DocumentFile {
    /// Documents larger than this are not even read.
    static let limit = 64 << 20

    /// The bytes of a file, or of standard input for `-`.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw unreadable(path, errno) }
            bytes += chunk.prefix(max(0, count))
        }
        throw CommandFailure(message: "\(path): larger than \(limit >> 20) MiB", exitCode: 65)
    }

    private static func unreadable(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure(message: "\(path): cannot be read: \(String(cString: strerror(code)))", exitCode: 66)
    }
}
