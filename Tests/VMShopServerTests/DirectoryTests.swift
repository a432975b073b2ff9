import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("The directory of machines", .serialized)
struct DirectoryTests {
    @Test("a query goes to all plants and its answers are merged")
    func query() async throws {
        try await Lab.run(3) { lab in
            for (number, cheapest) in [0, 1, 2, 1].enumerated() {
                for (index, plant) in lab.plants.enumerated() { await plant.bid(total: index == cheapest ? 1 : 9) }
                _ = try await lab.shop.create(Documents.machine("m\(number)", user: number == 3 ? "bob" : "alice"))
            }
            let shop = try await lab.shop.shop
            func names(_ query: String) async throws -> [String] {
                try await shop.machines(matching: Query(parsing: query), includeGone: false).map(\.name).sorted()
            }
            #expect(try await names(#"Owner == "alice""#) == ["m0", "m1", "m2"])
            #expect(try await names(#"Plant == "plant-2""#) == ["m1", "m3"])
            #expect(try await names(#"Memory >= 256 && Owner == "BOB""#) == ["m3"])
            #expect(try await names("Memory > 256").isEmpty)
        }
    }

    @Test(
        "what happened at the plants without the shop is taken over",
        arguments: [MachineState.collected, .lost, .stopped]
    )
    func changes(state: MachineState) async throws {
        try await Lab.run(2) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].put(machine.id, state)
            let shop = try await lab.shop.shop
            try await wait("the shop's book has it") {
                try await shop.parts.machines.record(machine.id)?.machine.state == state
            }
            #expect(try await shop.machine(machine.id).state == state)
        }
    }

    @Test("a machine that its plant no longer knows is lost, not remembered as ready")
    func forgotten() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].forget(machine.id)
            let seen = try await lab.shop.shop.machine(machine.id)
            #expect(seen.state == .lost)
            #expect(seen.error?.message.contains("plant-1") == true)
        }
    }

    @Test("a plant that answers with another machine than was asked for changes no other record")
    func impostor() async throws {
        try await Lab.run(1) { lab in
            let victim = try await lab.shop.create()
            await lab.plants[0].nextMachines(.pending)
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine("other"), options: CreateOptions())
            try await wait("it is being made") { await lab.plants[0].memory(of: id) != nil }
            await lab.plants[0].alter(id) {
                $0.id = victim.id; $0.name = "stolen"
            }
            try await wait("it fails") { try await shop.parts.machines.record(id)?.machine.state == .failed }
            #expect(try await shop.parts.machines.record(victim.id)?.machine.name == "machine")
        }
    }

    @Test("an unknown machine is an error that tells unknown from unsure")
    func unknown() async throws {
        try await Lab.run(2) { lab in
            let shop = try await lab.shop.shop
            await #expect { try await shop.machine(.new()) } throws: { ($0 as? ServiceError)?.code == .machineUnknown }
            await lab.servers[1].stop()
            await #expect { try await shop.machine(.new()) } throws: { ($0 as? ServiceError)?.code == .unavailable }
        }
    }

    @Test("two shops on the same plants see, configure and collect each other's machines")
    func twoShops() async throws {
        try await Lab.run(2) { lab in
            let other = try await TestShop(plants: [lab.servers[0].address, lab.servers[1].address])
            let machine = try await lab.shop.create(Documents.machine("shared"))
            await lab.plants[0].nextMachines(.pending)
            let pending = MachineID.new()
            _ = try await lab.shop.shop.create(pending, Documents.machine("pending"), options: CreateOptions())
            try await wait("it is being made") { await lab.plants[0].memory(of: pending) != nil }
            try await wait("the other shop has it in its book") {
                try await other.shop.parts.machines.record(pending) != nil
            }
            // A restart of the other shop does not place what it only heard of.
            try await other.restart()
            #expect(
                try await other.shop.machines(matching: nil, includeGone: false).map(\.name) == ["shared", "pending"]
            )
            await lab.plants[0].finish(pending)
            try await wait("the other shop sees it ready") {
                try await other.shop.parts.machines.record(pending)?.machine.state == .ready
            }
            #expect(await lab.plants[0].count(of: .create) == 2)
            _ = try await other.shop.configure(machine.id, Documents.machine("shared", actions: ["more"]))
            _ = try await other.settled(machine.id)
            #expect(try await other.shop.collect(machine.id).state == .collected)
            #expect(try await lab.shop.shop.machine(machine.id).state == .collected)
            try await wait("the first shop's book has it") {
                try await lab.shop.shop.parts.machines.record(machine.id)?.machine.state == .collected
            }
            // The same creation through both shops is one machine.
            let id = MachineID.old
            let first = try await lab.shop.create(id: id)
            await lab.plants[0].bid(total: 1000)
            #expect(try await other.shop.create(id, Documents.machine(), options: CreateOptions()).plant == first.plant)
            #expect(await lab.holders(id) == [first.plant])
            await other.remove()
        }
    }

    @Test("a shop may stand where a plant does")
    func tree() async throws {
        try await Lab.run(2) { lab in
            let lower = try await LocalServer.started(lab.shop.shop)
            let upper = try await TestShop(plants: [lower.address], ["name=upper"])
            await lab.plants[0].refuse(["it is full"])
            let estimate = try await upper.shop.estimate(Documents.machine(), policy: nil)
            #expect(estimate.bids.map(\.plant) == ["plant-2"])
            #expect(estimate.refusals == [Refusal(plant: "plant-1", reasons: ["it is full"])])
            let machine = try await upper.create(Documents.machine("deep", user: "alice"))
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-2")
            #expect(
                try await upper.shop.machines(matching: Query(parsing: #"Owner == "alice""#), includeGone: false).map(
                    \.name
                ) == ["deep"]
            )
            _ = try await upper.shop.configure(machine.id, Documents.machine("deep", actions: ["more"]))
            #expect(try await upper.settled(machine.id).actions.map(\.id) == ["more"])
            #expect(try await upper.shop.collect(machine.id).state == .collected)
            #expect(await lab.holders(machine.id).isEmpty)
            await lab.plants[1].refuse(["it is full, too"])
            let failed = try await upper.create()
            #expect(failed.error?.code == .noBids)
            #expect(failed.error?.refusals?.flatMap(\.reasons) == ["it is full", "it is full, too"])
            await upper.remove()
            await lower.stop()
        }
    }
}
