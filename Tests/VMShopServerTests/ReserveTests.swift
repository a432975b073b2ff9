import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A shop and places that plants keep", .serialized)
struct ReserveTests {
    @Test("the cheapest plant keeps the place, and the creation goes there without asking anybody")
    func taken() async throws {
        try await Lab.run(3) { lab in
            for (plant, total) in zip(lab.plants, [30.0, 10, 20]) { await plant.bid(total: total) }
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            let bid = try await shop.reserve(id, Documents.machine(), policy: nil)
            #expect(bid.plant == "plant-2" && bid.isReserved == true)
            #expect(await lab.plants[1].places == [id: bid.id])
            await lab.plants[0].bid(total: 1)
            let asked = await lab.plants[0].count(of: .estimate)
            let machine = try await lab.shop.create(id: id)
            #expect(machine.plant == "plant-2" && machine.state == .ready)
            #expect(await lab.plants[0].count(of: .estimate) == asked)
            await expectCode(.machineConflict) { try await shop.reserve(id, Documents.machine(), policy: nil) }
        }
    }

    @Test("a plant that keeps no place after all is passed over; when none does, every reason is told")
    func refused() async throws {
        try await Lab.run(2) { lab in
            for (plant, total) in zip(lab.plants, [10.0, 20]) { await plant.bid(total: total) }
            let full = ServiceError(
                .refused,
                "full",
                refusals: [Refusal(plant: "plant-1", reasons: ["no memory", "no disk"])]
            )
            await lab.plants[0].always(.fail(full), on: .reserve)
            let shop = try await lab.shop.shop
            #expect(try await shop.reserve(.new(), Documents.machine(), policy: nil).plant == "plant-2")
            await lab.plants[1].refuse(["it is full"])
            let error = await expectCode(.noBids) { try await shop.reserve(.new(), Documents.machine(), policy: nil) }
            #expect(
                error?.refusals == [
                    Refusal(plant: "plant-2", reasons: ["it is full"]),
                    Refusal(plant: "plant-1", reasons: ["no memory", "no disk"]),
                ]
            )
        }
    }

    @Test("who asks again has one place, at the same plant; another request under the id is refused")
    func again() async throws {
        try await Lab.run(2) { lab in
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            #expect(try await shop.reserve(id, Documents.machine(), policy: nil).plant == "plant-1")
            await lab.plants[0].bid(total: 1000)
            #expect(try await shop.reserve(id, Documents.machine(), policy: nil).plant == "plant-1")
            #expect(await lab.plants[1].places.isEmpty)
            await expectCode(.machineConflict) { try await shop.reserve(id, Documents.machine("other"), policy: nil) }
            try await shop.release(reservation: id)
            try await shop.release(reservation: id)
            #expect(await lab.plants[0].places.isEmpty)
        }
    }

    @Test("where the plant that kept the place fails, the others are asked", arguments: [false, true])
    func keeperFails(isSilent: Bool) async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            #expect(try await shop.reserve(id, Documents.machine(), policy: nil).plant == "plant-1")
            if isSilent {
                await lab.plants[0].fallSilent()
            } else {
                await lab.plants[0].nextMachines(.failed(ServiceError(.hostFailed, "the disk is broken")))
            }
            let machine = try await lab.shop.create(id: id)
            #expect(machine.state == .ready && machine.plant == "plant-2")
        }
    }

    @Test("a shop that was started anew asks all plants")
    func restarted() async throws {
        try await Lab.run(2) { lab in
            let id = MachineID.new()
            _ = try await lab.shop.shop.reserve(id, Documents.machine(), policy: nil)
            try await lab.shop.restart()
            #expect(try await lab.shop.create(id: id).state == .ready)
        }
    }

    @discardableResult
    private func expectCode<Value>(
        _ code: ErrorCode,
        _ body: () async throws -> Value
    ) async -> ServiceError? {
        do {
            _ = try await body()
            Issue.record("it was taken")
            return nil
        } catch {
            let error = error as? ServiceError
            #expect(error?.code == code)
            return error
        }
    }
}
