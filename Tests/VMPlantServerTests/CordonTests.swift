import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("a plant that is cordoned", .timeLimit(.minutes(2)))
struct CordonTests {
    @Test("takes no new machines and says why; what is there stays, what was promised is kept")
    func cordoned() async throws {
        try await PlantFixture.with { plant in
            let (client, document) = (plant.client, RequestText.document())
            let ids = (0..<3).map { _ in MachineID.new() }
            _ = try await client.create(ids[0], document, options: .init())
            #expect(try await client.settled(ids[0]).state == .ready)
            _ = try await client.reserve(ids[1], document, policy: nil)
            let status = try await client.cordon("p1", reason: "new disks")
            #expect(status.isReady && status.machines == 1)
            #expect(status.details["cordon"]?.hasSuffix("Z: new disks") == true)
            let error = await expect(code: .refused) { try await client.create(ids[2], document, options: .init()) }
            #expect(error?.refusals?.first?.reasons.first?.contains("it is cordoned since") == true)
            #expect(try await client.estimate(document, policy: nil).refusals.count == 1)
            await expect(code: .refused) { try await client.reserve(ids[2], document, policy: nil) }
            _ = try await client.create(ids[1], document, options: .init())
            #expect(try await client.settled(ids[1]).state == .ready)
            #expect(try await client.collect(ids[0]).state == .collected)
            #expect(try await client.uncordon("p1").details["cordon"] == nil)
            _ = try await client.create(ids[2], document, options: .init())
        }
    }

    @Test("is so after it is started anew, since the same time, for the last reason that was given")
    func restarted() async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let said = try await PlantFixture.run(in: directory) { plant in
                _ = try await plant.client.cordon("p1", reason: "one")
                _ = try await plant.client.cordon("p1", reason: "two + \"three\" ü")
                return try await plant.client.cordon("p1", reason: nil).details["cordon"]
            }
            #expect(said?.hasSuffix(": two + \"three\" ü") == true)
            try await PlantFixture.run(in: directory) { plant in
                let status = try await plant.client.status()
                #expect(status.details["cordon"] == said)
                for _ in 0..<2 {
                    let status = try await plant.client.uncordon("p1")
                    #expect(status.details["cordon"] == nil)
                }
                await expect(code: .plantUnknown) { try await plant.client.cordon("p2", reason: nil) }
                await expect(code: .plantUnknown) { try await plant.client.uncordon("p2") }
            }
        }
    }
}
