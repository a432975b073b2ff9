import Hummingbird
public import Logging
public import ServiceLifecycle
public import ShopAPI

/// A machine service as a running HTTP server.
public struct ServiceApplication<Service: MachineService>: Sendable {
    private let service: Service
    private let host: String
    private let port: Int
    private let limits: TransportLimits
    private let logger: Logger
    private let images: (any ImageService)?

    /// A server of a service, and of the gangs that it places, if it does.
    ///
    /// - Parameters:
    ///   - service: Who answers.
    ///   - host: The address to listen on.
    ///   - port: The port, 0 for any free one.
    ///   - limits: What clients may take.
    ///   - images: The images that it has for others, if it has such.
    ///   - logger: Where requests are logged.
    public init(
        _ service: Service,
        host: String,
        port: Int,
        limits: TransportLimits = TransportLimits(),
        images: (any ImageService)? = nil,
        logger: Logger
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.limits = limits
        self.logger = logger
        self.images = images
    }

    /// Serves until the process is told to stop (SIGTERM, SIGINT), or until `end` returns. Either way no connection is
    /// taken any more and those that are open are served to their end.
    ///
    /// - Parameters:
    ///   - services: What runs beside the server, from when it listens, and stops with it. A server that cannot listen
    ///     has thus changed nothing: another may be serving.
    ///   - end: Ends it when it returns, instead of the signals.
    ///   - onRunning: Told the port once it listens.
    /// - Throws: What kept the server from listening.
    public func run(
        services: [any ServiceLifecycle.Service] = [],
        end: (@Sendable () async -> Void)? = nil,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            ErrorMiddleware()
            LogRequestsMiddleware(.debug)
            CallLimitMiddleware(limit: limits.calls)
            CallerMiddleware(name: service.pathName) { try await service.admit($0) }
        }
        MachineRoutes(service, limits: limits).add(to: router)
        if let images { ImageRoutes(images).add(to: router) }
        if let gangs = service as? any GangService { GangRoutes(gangs, limits: limits).add(to: router) }
        let later = services.map(WhenListening.init)
        let application = Application(
            router: router,
            // A connection is idle between two requests and while a request is being sent. One whose answer is awaited is not.
            server: .http1(configuration: .init(idleTimeout: limits.idle.timeAmount)),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "vmshop",
                availableConnectionsDelegate: .maximum(limits.connections, logger: logger)
            ),
            services: later,
            onServerRunning: { channel in
                await onRunning(channel.localAddress?.port ?? 0)
                for service in later { service.begin() }
            },
            logger: logger
        )
        guard let end else { return try await application.runService() }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: application),
                    .init(service: End(wait: end), successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: logger
            )
        )
        try await group.run()
    }
}

/// A service whose end is that of its group.
private struct End: ServiceLifecycle.Service {
    let wait: @Sendable () async -> Void

    func run() async { await wait() }
}

/// A service that begins when it is told that the server listens.
private struct WhenListening: ServiceLifecycle.Service {
    private let service: any ServiceLifecycle.Service
    private let signal: AsyncStream<Void>
    private let signaller: AsyncStream<Void>.Continuation

    init(_ service: any ServiceLifecycle.Service) {
        self.service = service
        (signal, signaller) = AsyncStream.makeStream(of: Void.self)
    }

    func begin() { signaller.yield() }

    func run() async throws {
        let listens = await cancelWhenGracefulShutdown { await signal.first { _ in true } != nil }
        if listens { try await service.run() }
    }
}
