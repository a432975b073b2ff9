import Logging
import ServiceLifecycle
import ShopHTTP
import Testing
import VMShopTesting

@Suite("What runs beside the server")
struct ListeningTests {
    /// A service that says when it begins.
    private struct Companion: Service {
        let begun: AsyncStream<Void>.Continuation

        func run() async throws {
            begun.yield()
            begun.finish()
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(60)) }
        }
    }

    @Test("begins when the server listens")
    func begins() async throws {
        let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
        try await Self.server(port: 0).run(services: [Companion(begun: continuation)]) {
            for await _ in begun {}
        } onRunning: {
            #expect($0 > 0)
        }
    }

    @Test("does not begin when the port is another's")
    func portTaken() async throws {
        try await WebService.run { service in
            let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
            await #expect(throws: (any Error).self) {
                try await Self.server(port: await service.server.port).run(services: [Companion(begun: continuation)])
            }
            continuation.finish()
            #expect(await begun.first { _ in true } == nil)
        }
    }

    private static func server(port: Int) -> ServiceApplication<StubPlant> {
        var logger = Logger(label: "listening")
        logger.logLevel = .critical
        return ServiceApplication(StubPlant("p"), host: "127.0.0.1", port: port, logger: logger)
    }
}
