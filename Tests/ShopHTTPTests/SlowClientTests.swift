import AsyncHTTPClient
import ShopAPI
import ShopHTTP
import Testing
import VMShopTesting

@Suite("Clients that are slow, or say nothing")
struct SlowClientTests {
    @Test(
        "a connection on which no request comes to its end is closed",
        arguments: ["", "GET /v1/sta", "GET /v1/status HTTP/1.1\r\nHost: x\r\n"]
    )
    func idle(text: String) async throws {
        try await WebService.run(TransportLimits(idle: .milliseconds(300))) { service in
            let answer = try await RawConnection.exchange(await service.server.port, [text]) { _ in false }
            #expect(!answer.contains("no end"))
        }
    }

    @Test("a reader that waits for an event longer than that is not idle")
    func longPoll() async throws {
        try await WebService.run(TransportLimits(idle: .milliseconds(300))) { service in
            let id = MachineID.new()
            await service.plant.nextMachines(.pending)
            let client = MachineClient(url: service.url, http: .shared)
            _ = try await client.create(id, Documents.machine(), options: .init())
            #expect(try await client.events(of: id, after: 1, wait: .seconds(1)).events.isEmpty)
        }
    }

    @Test("a document that does not come in time is refused, also when it drips")
    func slowDocument() async throws {
        try await WebService.run(TransportLimits(document: .milliseconds(300))) { service in
            let head = "POST /v1/estimates HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<"
            let answer = try await RawConnection.exchange(await service.server.port, [head]) { $0.contains("}") }
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("did not come within"))
            #expect(try await service.call("GET", "/v1/status").status == 200)
        }
    }

    @Test("beyond the most connections a further one waits until one is closed")
    func bound() async throws {
        try await WebService.run(TransportLimits(connections: 1)) { service in
            let id = MachineID.new()
            let head = "GET /v1/machines/\(id)/events?after=1&wait=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            await service.plant.nextMachines(.pending)
            _ = try await service.plant.create(id, Documents.machine(), options: .init())
            let port = await service.server.port
            let began = ContinuousClock.now
            async let first = RawConnection.exchange(port, [head]) { _ in false }
            try await Eventually.holds("the first is served") { await service.plant.count(of: .events) == 1 }
            let second = try await RawConnection.exchange(
                port,
                ["GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]
            ) { _ in false }
            #expect(second.hasPrefix("HTTP/1.1 200"))
            #expect(.now - began >= .seconds(1))
            #expect(try await first.hasPrefix("HTTP/1.1 200"))
        }
    }
}
