import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ShopAPI
import ShopHTTP
import Testing
import VMShopTesting

@Suite("Calls over the limit")
struct CallLimitTests {
    @Test("are refused at once, with when to come again; status and events are answered all the same")
    func overLimit() async throws {
        let plant = StubPlant("p")
        await plant.script(.estimate, .delay(.seconds(2)))
        let server = try await LocalServer.started(plant, limits: TransportLimits(calls: 1))
        let url = await server.url
        let client = MachineClient(url: url, http: .shared)
        async let slow = client.estimate(Documents.machine(), policy: nil)
        while await plant.count(of: .estimate) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let began = ContinuousClock.now
        do {
            _ = try await client.machines(matching: nil, includeGone: false)
            Issue.record("it was answered")
        } catch let error as ServiceError { #expect(error.code == .overloaded) }
        let answer = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: url + "/v1/machines"),
            timeout: .seconds(5)
        )
        #expect(answer.status.code == 429)
        #expect(answer.headers.first(name: "Retry-After") == "2")
        #expect(try await client.status().isReady)
        #expect(.now - began < .seconds(1.5))
        #expect(try await slow.bids.count == 1)
        let machines = try await client.machines(matching: nil, includeGone: false)
        #expect(machines.isEmpty)
        await server.stop()
    }
}
