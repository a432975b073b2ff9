import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A shop and the leases of machines", .serialized)
struct LeaseTests {
    @Test("the plant is told, and the shop remembers the new end when the plant is away")
    func extended() async throws {
        try await Lab.run(1, Lab.hasty) { lab in
            let machine = try await lab.shop.create()
            let shop = try await lab.shop.shop
            let until = try #require(try await shop.setLease(of: machine.id, to: .seconds(3_600)).leaseUntil)
            #expect(await lab.plants[0].memory(of: machine.id)?.leaseUntil == until)
            await lab.plants[0].fallSilent()
            #expect(try await shop.machine(machine.id).leaseUntil == until)
        }
    }

    @Test("a machine that its plant collected is collected here as well")
    func reaped() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            _ = try await lab.plants[0].collect(machine.id)
            _ = try await until("the shop knows") {
                try await lab.shop.shop.machines(matching: nil, includeGone: false).isEmpty ? true : nil
            }
            #expect(try await lab.shop.shop.machine(machine.id).state == .collected)
        }
    }
}
