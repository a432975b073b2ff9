import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import ShopAPI

/// Which service is spoken to.
struct ServiceOptions: ParsableArguments {
    @Option(help: "The shop or plant (default: $VMSHOP_URL, else http://127.0.0.1:8100).")
    var url: String?

    var address: String {
        url ?? ProcessInfo.processInfo.environment["VMSHOP_URL"] ?? "http://127.0.0.1:8100"
    }

    /// Runs `body` with a client of the service, and closes its connections.
    func withClient<Value>(_ body: (MachineClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        return try await HTTPClient.withHTTPClient(configuration: configuration) { http in
            try await body(MachineClient(url: address, http: http, deadline: .seconds(60)))
        }
    }
}

/// Reads a request document.
enum DocumentFile {
    /// Documents larger than this are not even read.
    static let limit = 64 << 20

    /// The bytes of a file, or of standard input for `-`.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            let name = path == "-" ? "/dev/stdin" : path
            let data = try Data(contentsOf: URL(filePath: name))
            guard data.count <= limit else { throw CommandFailure(message: "\(path): larger than \(limit >> 20) MiB", exitCode: 65) }
            return Array(data)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(message: "\(path): cannot be read: \(error)", exitCode: 66)
        }
    }
}
