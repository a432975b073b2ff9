import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("calls of a shop that was started anew while they were on their way", .timeLimit(.minutes(2)))
struct CallerTests {
    private static let before = ShopEpoch(shop: "shop@1", number: 5)

    /// Does something as a call does that was let in before the next start was heard of, and says how it was refused.
    private static func refusal(_ call: @Sendable () async throws -> Void) async -> ErrorCode? {
        do {
            try await ShopEpoch.$current.withValue(before) { try await call() }
            return nil
        } catch {
            return (error as? ServiceError)?.code
        }
    }

    @Test("change nothing any more, whatever they want; those of other shops and of nobody do")
    func refused() async throws {
        try await PlantFixture.with { fixture in
            let (plant, document) = (fixture.plant, RequestText.document())
            let (made, other) = (MachineID.new(), MachineID.new())
            _ = try await fixture.client.create(made, document, options: .init())
            #expect(try await fixture.client.settled(made).state == .ready)
            #expect(await Self.refusal { _ = try await plant.setLease(of: made, to: .seconds(600)) } == nil)
            try await plant.parts.epochs.admit(ShopEpoch(shop: "shop@1", number: 7))
            let further = RequestText.document([RequestText.action("a", "true")])
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await plant.create(other, document, options: .init()) },
                { _ = try await plant.reserve(other, document, policy: nil) },
                { _ = try await plant.configure(made, further) },
                { _ = try await plant.setLease(of: made, to: nil) },
                { _ = try await plant.collect(made) },
                { _ = try await plant.collect(other) },
            ]
            for call in calls { #expect(await Self.refusal(call) == .superseded) }
            #expect(try await fixture.client.machine(made).state == .ready)
            #expect(try await fixture.client.machine(made).leaseUntil != nil)
            await expect(code: .machineUnknown) { try await fixture.client.machine(other) }
            try await ShopEpoch.$current.withValue(ShopEpoch(shop: "shop@2", number: 1)) {
                _ = try await plant.create(other, document, options: .init())
            }
            #expect(try await fixture.client.settled(other).state == .ready)
        }
    }
}
