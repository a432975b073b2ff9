import Logging
public import ShopAPI
public import ShopHTTP

/// A machine service on a socket of this process that can be stopped, as if it had died, and started again on the same
/// port.
public actor LocalServer<Service: MachineService> {
    /// Who answers.
    public nonisolated let service: Service
    /// The port, once it has listened.
    public private(set) var port = 0
    private var running: (task: Task<Void, any Error>, end: AsyncStream<Void>.Continuation)?

    /// A server that does not run yet.
    public init(_ service: Service, port: Int = 0) {
        self.service = service
        self.port = port
    }

    /// A server that runs, on a port that is free or on the given one.
    public static func started(
        _ service: Service,
        on port: Int = 0,
        limits: TransportLimits = TransportLimits()
    ) async throws -> LocalServer {
        let server = LocalServer(service, port: port)
        try await server.start(limits: limits)
        return server
    }

    /// `127.0.0.1:port`.
    public var address: String { "127.0.0.1:\(port)" }

    /// `http://127.0.0.1:port`.
    public var url: String { "http://" + address }

    /// Listens, on the port it had before if it had one.
    ///
    /// Ports are taken from below those that the system gives to connections, so that nobody has a server's port when it
    /// comes back. For a moment somebody can: a program that this process starts has a copy of the closed socket until it
    /// becomes that program.
    public func start(limits: TransportLimits = TransportLimits()) async throws {
        guard port == 0 else { return try await listenAgain(limits) }
        for _ in 0..<100 {
            do {
                return try await listen(Self.freshPort(), limits)
            } catch {
                // Somebody has it: the next one.
            }
        }
        throw ServiceError(.internalError, "no free port was found in 100 tries")
    }

    private func listenAgain(_ limits: TransportLimits) async throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            do {
                return try await listen(port, limits)
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private static func freshPort() -> Int { Int.random(in: 10_000..<32_000) }

    private func listen(_ wanted: Int, _ limits: TransportLimits) async throws {
        var logger = Logger(label: "local-server")
        logger.logLevel = .critical
        let application = ServiceApplication(
            service,
            host: "127.0.0.1",
            port: wanted,
            limits: limits,
            logger: logger
        )
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let (ending, end) = AsyncStream.makeStream(of: Void.self)
        // UNSTRUCTURED: serves until `stop()`.
        let task = Task {
            defer { continuation.finish() }
            try await application.run(end: { for await _ in ending {} }) { continuation.yield($0) }
        }
        running = (task, end)
        for await listening in ports {
            port = listening
            return
        }
        try await task.value
    }

    /// Closes the port and every connection.
    public func stop() async {
        guard let running else { return }
        // First no connection is taken any more: one that was taken and nobody serves yet must not be dropped. Then those
        // that are served are broken off.
        running.end.finish()
        try? await Task.sleep(for: .milliseconds(250))
        running.task.cancel()
        _ = await running.task.result
        self.running = nil
    }
}
