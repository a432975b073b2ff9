import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

/// A plant that fails slowly outlives the bids of all others: they are asked again.
@Suite("Plants that fail when all bids are over", .serialized)
struct SlowFailureTests {
    private static let life = Duration.seconds(2)

    private static func run(_ body: @Sendable (Lab, MachineID) async throws -> Void) async throws {
        try await Lab.run(3, Lab.hasty) { lab in
            for plant in lab.plants { await plant.bidsLast(life) }
            await lab.plants[0].bid(total: 1)
            try await body(lab, .new())
        }
    }

    private static func begin(_ id: MachineID, _ lab: Lab) async throws {
        _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
    }

    private static func expectMade(_ id: MachineID, _ lab: Lab) async throws {
        let machine = try await lab.shop.settled(id)
        #expect(machine.state == .ready, "\(String(describing: machine.error))")
        #expect(machine.plant == "plant-2")
        try await wait("one is left") { await lab.holders(id) == ["plant-2"] }
    }

    @Test("one that does not answer the creation")
    func silentAtPut() async throws {
        try await Self.run { lab, id in
            await lab.plants[0].always(.silence, on: .create)
            try await Self.begin(id, lab)
            try await Self.expectMade(id, lab)
        }
    }

    @Test("one whose guest never boots")
    func guestSilent() async throws {
        try await Self.run { lab, id in
            await lab.plants[0].nextMachines(.pending)
            try await Self.begin(id, lab)
            try await wait("plant-1 makes it") { await lab.plants[0].memory(of: id) != nil }
            try await Task.sleep(for: Self.life * 2)
            await lab.plants[0].finish(id, error: ServiceError(.guestSilent, "no heartbeat"))
            try await Self.expectMade(id, lab)
        }
    }

    @Test("one that vanishes while it makes the machine")
    func vanishes() async throws {
        try await Self.run { lab, id in
            await lab.plants[0].nextMachines(.pending)
            try await Self.begin(id, lab)
            try await wait("plant-1 makes it") {
                try await lab.shop.shop.parts.machines.record(id)?.machine.state == .creating
            }
            await lab.servers[0].stop()
            let machine = try await lab.shop.settled(id)
            #expect(machine.plant == "plant-2")
            try await lab.servers[0].start()
            try await Self.expectMade(id, lab)
        }
    }

    @Test("a plant whose bids are over before they can be taken up is told twice, then passed over")
    func alwaysLate() async throws {
        try await Lab.run(1) { lab in
            await lab.plants[0].bidsLast(.zero)
            let machine = try await lab.shop.create()
            #expect(machine.state == .failed)
            #expect(machine.error?.code == .noBids)
            #expect(await lab.plants[0].count(of: .create) == 2)
            #expect(try await lab.shop.shop.parts.owed.all().isEmpty)
        }
    }
}
