import Logging
public import ShopAPI
import ShopHTTP

/// A machine service on a socket of this process that can be stopped, as if it had died, and started again on the same
/// port.
public actor LocalServer<Service: MachineService> {
    /// Who answers.
    public nonisolated let service: Service
    /// The port, once it has listened.
    public private(set) var port = 0
    private var running: Task<Void, any Error>?

    /// A server that does not run yet.
    public init(_ service: Service) { self.service = service }

    /// A server that runs.
    public static func started(_ service: Service, largestDocument: Int = 1 << 20) async throws -> LocalServer {
        let server = LocalServer(service)
        try await server.start(largestDocument: largestDocument)
        return server
    }

    /// `127.0.0.1:port`.
    public var address: String { "127.0.0.1:\(port)" }

    /// `http://127.0.0.1:port`.
    public var url: String { "http://" + address }

    /// Listens, on the port it had before if it had one.
    ///
    /// Ports are taken from below those that the system gives to connections, so that nobody has a server's port when it
    /// comes back.
    public func start(largestDocument: Int = 1 << 20) async throws {
        guard port == 0 else { return try await listen(port, largestDocument) }
        for _ in 0..<100 {
            do {
                return try await listen(Self.freshPort(), largestDocument)
            } catch {
                // Somebody has it: the next one.
            }
        }
        throw ServiceError(.internalError, "no free port was found in 100 tries")
    }

    private static func freshPort() -> Int { Int.random(in: 10_000..<32_000) }

    private func listen(_ wanted: Int, _ largestDocument: Int) async throws {
        var logger = Logger(label: "local-server")
        logger.logLevel = .critical
        let application = ServiceApplication(
            service,
            host: "127.0.0.1",
            port: wanted,
            largestDocument: largestDocument,
            logger: logger
        )
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        // UNSTRUCTURED: serves until `stop()`.
        running = Task {
            defer { continuation.finish() }
            try await application.run(endsOnSignals: false) { continuation.yield($0) }
        }
        for await listening in ports {
            port = listening
            return
        }
        try await running?.value
    }

    /// Closes the port and every connection.
    public func stop() async {
        running?.cancel()
        _ = await running?.result
        running = nil
    }
}
