import CostModel
import DAGModel
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("What a shop supposes", .serialized, .timeLimit(.minutes(1)))
struct SupposeTests {
    private static func suppose(_ shop: TestShop, _ texts: String..., document: [UInt8]? = nil) async throws -> Estimate
    {
        let suppositions = try texts.map { try #require(Supposition(rawValue: $0)) }
        return try await shop.shop.suppose(suppositions, document ?? Documents.machine(), policy: nil)
    }

    private static func run(_ settings: [String] = [], _ body: @Sendable (Lab) async throws -> Void) async throws {
        try await Lab.run(3, settings) { lab in
            for (number, plant) in lab.plants.enumerated() { await plant.tellBids(machines: number + 1) }
            try await body(lab)
            // Nothing is asked for, and nothing is done; the shop's upkeep looks around as always.
            let looks: Set<StubPlant.Call> = [.status, .machines, .machine]
            for plant in lab.plants { #expect(await plant.calls.allSatisfy { looks.contains($0.call) }) }
        }
    }

    @Test("without a supposition the bids are those of the plants, each with its terms", arguments: ["live", "told"])
    func asItIs(mode: String) async throws {
        try await Self.run(["bids.mode=" + mode]) { lab in
            let estimate = try await Self.suppose(lab.shop)
            #expect(estimate.bids.map(\.plant) == ["plant-1", "plant-2", "plant-3"])
            #expect(estimate.bids.map(\.cost.total) == [54, 58, 62])
            // They bind nobody.
            #expect(estimate.bids.allSatisfy { $0.id.isEmpty } && estimate.supposed == [])
        }
    }

    @Test("a plant that is drained does not bid, one that is added does, like another but empty")
    func plants() async throws {
        try await Self.run { lab in
            let estimate = try await Self.suppose(lab.shop, "drain=plant-1", "plant=new:plant-1", "drain=plant-3")
            #expect(estimate.bids.map(\.plant) == ["new", "plant-2"])
            #expect(estimate.bids.map(\.cost.total) == [50, 58])
            #expect(estimate.refusals.map(\.plant) == ["plant-1", "plant-3"])
            #expect(estimate.refusals.allSatisfy { $0.reasons == ["it is drained, so it is supposed"] })
            #expect(estimate.supposed?.map(\.rawValue) == ["drain=plant-1", "plant=new:plant-1", "drain=plant-3"])
        }
    }

    @Test("what would be kept after an action is done by every plant")
    func checkpoint() async throws {
        try await Self.run { lab in
            let steps = ["a", "b", "c"].map { RequestText.action($0, "true \($0)") }
            let document = RequestText.document(steps, image: "small")
            let estimate = try await Self.suppose(lab.shop, "checkpoint=b", document: document)
            #expect(estimate.bids.map(\.plan.reused) == Array(repeating: ["a", "b"], count: 3))
            await #expect(throws: ServiceError.self) {
                _ = try await Self.suppose(lab.shop, "checkpoint=z", document: document)
            }
        }
    }

    @Test(
        "about what is not there is an error that names it",
        arguments: [
            ("drain=plant-9", ErrorCode.plantUnknown, "plant-9"), ("plant=new:plant-9", .plantUnknown, "plant-9"),
            ("plant=plant-2:plant-1", .plantUnknown, "plant-2"), ("image=large", .imageUnknown, "large"),
        ]
    )
    func unknown(text: String, code: ErrorCode, name: String) async throws {
        try await Self.run { lab in
            do {
                _ = try await Self.suppose(lab.shop, text)
                Issue.record("it was supposed")
            } catch let error as ServiceError {
                #expect(error.code == code && error.message.contains(name))
            }
        }
    }

    @Test("a plant that tells what cannot be is not believed, and does no harm")
    func liar() async throws {
        try await Self.run { lab in
            await lab.plants[1].tellBids(machines: .max)
            let estimate = try await Self.suppose(lab.shop, "plant=new:plant-1", "drain=plant-3")
            #expect(estimate.bids.map(\.plant) == ["new", "plant-1"])
            #expect(estimate.refusals.contains { $0.reasons.first?.contains("is not believed") == true })
            await #expect(throws: ServiceError.self) { _ = try await Self.suppose(lab.shop, "plant=new:plant-2") }
        }
    }

    @Test("more than four questions at a time are refused at once")
    func crowd() async throws {
        try await Self.run { lab in
            let parts = try await lab.shop.shop.parts
            for _ in 0..<4 { try await parts.suppositions.enter("lab.example.org") }
            do {
                _ = try await Self.suppose(lab.shop)
                Issue.record("a fifth was answered")
            } catch let error as ServiceError {
                #expect(error.code == .overloaded && error.message.contains("what would be"))
            }
            for _ in 0..<4 { await parts.suppositions.leave("lab.example.org") }
            #expect(try await Self.suppose(lab.shop).bids.count == 3)
        }
    }

    @Test("a shop below supposes it of its own plants; who can do neither says so and stops nobody")
    func below() async throws {
        try await Self.run { lab in
            let front = try await LocalServer.started(lab.shop.shop)
            let (mute, silent) = (StubPlant("mute"), StubPlant("silent"))
            let others = [try await LocalServer.started(mute), try await LocalServer.started(silent)]
            let gone = await others[1].address
            await others[1].stop()
            let places = [await front.address, await others[0].address, gone]
            let above = try await TestShop(plants: places, ["name=above"])
            let estimate = try await Self.suppose(above, "drain=plant-1")
            // A shop offers its cheapest, as always.
            #expect(estimate.bids.map(\.plant) == ["plant-2"])
            #expect(estimate.bids.first?.via == ["above", "testshop"])
            #expect(estimate.refusals.map(\.plant).contains("plant-1"))
            #expect(estimate.refusals.contains { $0.reasons.contains("this service supposes nothing") })
            #expect(estimate.refusals.contains { $0.plant.contains(gone) })
            await above.remove()
            for server in [front] { await server.stop() }
            await others[0].stop()
        }
    }
}
