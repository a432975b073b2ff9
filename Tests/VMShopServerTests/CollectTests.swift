import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Collection", .serialized)
struct CollectTests {
    @Test("of a ready machine, repeated")
    func ready() async throws {
        try await Lab.run { lab in
            let machine = try await lab.shop.create()
            let shop = try await lab.shop.shop
            #expect(try await shop.collect(machine.id).state == .collected)
            #expect(try await shop.collect(machine.id).state == .collected)
            #expect(await lab.holders(machine.id).isEmpty)
            #expect(try await shop.machines(matching: nil, includeGone: false).isEmpty)
            #expect(try await shop.machines(matching: nil, includeGone: true).map(\.state) == [.collected])
            await #expect { try await shop.create(machine.id, Documents.machine(), options: CreateOptions()) } throws: {
                ($0 as? ServiceError)?.code == .machineCollected
            }
        }
    }

    @Test("of a machine whose plants are being asked")
    func placing() async throws {
        try await Lab.run { lab in
            for plant in lab.plants { await plant.script(.estimate, .delay(.milliseconds(300))) }
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            #expect(try await shop.collect(id).state == .collected)
            try await Task.sleep(for: .milliseconds(500))
            for plant in lab.plants { #expect(await plant.count(of: .create) == 0) }
        }
    }

    @Test("of a machine whose plant is being told, and may have heard")
    func telling() async throws {
        try await Lab.run { lab in
            await lab.plants[0].script(.create, .answerLate(.milliseconds(300)))
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 is told") { await lab.plants[0].count(of: .create) > 0 }
            #expect(try await shop.collect(id).state == .collected)
            #expect(await lab.plants[0].memory(of: id)?.state == .collected)
        }
    }

    @Test("of a machine that is being made")
    func creating() async throws {
        try await Lab.run { lab in
            await lab.plants[0].nextMachines(.pending)
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") { try await shop.parts.machines.record(id)?.machine.state == .creating }
            #expect(try await shop.collect(id).state == .collected)
            #expect(await lab.plants[0].memory(of: id)?.state == .collected)
            #expect(await lab.plants[1].count(of: .create) == 0)
        }
    }

    @Test("of a machine that is being configured")
    func configuring() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            let shop = try await lab.shop.shop
            await lab.plants[0].nextMachines(.pending)
            _ = try await shop.configure(machine.id, Documents.machine(actions: ["more"]))
            #expect(try await shop.collect(machine.id).state == .collected)
        }
    }

    @Test("of a machine that failed, at every plant that was told")
    func failed() async throws {
        try await Lab.run { lab in
            for plant in lab.plants { await plant.nextMachines(.failed(ServiceError(.hostFailed, "no disk"))) }
            let machine = try await lab.shop.create()
            #expect(machine.state == .failed)
            #expect(machine.error?.code == .hostFailed)
            #expect(try await lab.shop.shop.collect(machine.id).state == .collected)
            for plant in lab.plants { #expect(await plant.memory(of: machine.id)?.state == .collected) }
        }
    }

    @Test("of stopped and lost machines", arguments: [MachineState.stopped, .lost])
    func gone(state: MachineState) async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].put(machine.id, state)
            let shop = try await lab.shop.shop
            try await wait("the shop knows") {
                try await shop.parts.machines.record(machine.id)?.machine.state == state
            }
            #expect(try await shop.collect(machine.id).state == .collected)
        }
    }

    @Test("a plant out of reach is told when it is back, and in the meantime the machine is being collected")
    func outOfReach() async throws {
        try await Lab.run { lab in
            let machine = try await lab.shop.create()
            await lab.servers[0].stop()
            let shop = try await lab.shop.shop
            // A connection that was open breaks when the plant goes; a new one is refused.
            await #expect { try await shop.collect(machine.id) } throws: {
                [.unreachable, .timedOut].contains(($0 as? ServiceError)?.code)
            }
            #expect(try await shop.machine(machine.id).state == .collecting)
            #expect(try await shop.machines(matching: nil, includeGone: false).map(\.state) == [.collecting])
            try await lab.servers[0].start()
            #expect(try await lab.shop.settled(machine.id).state == .collected)
            #expect(await lab.holders(machine.id).isEmpty)
        }
    }

    @Test("of an id that nobody knows leaves a tombstone")
    func unknown() async throws {
        try await Lab.run { lab in
            let shop = try await lab.shop.shop
            let id = MachineID.new()
            #expect(try await shop.collect(id).state == .collected)
            await #expect { try await shop.create(id, Documents.machine(), options: CreateOptions()) } throws: {
                ($0 as? ServiceError)?.code == .machineCollected
            }
        }
    }

    @Test("that overtakes the placement leaves nothing at any plant")
    func overtaking() async throws {
        try await Lab.run { lab in
            let shop = try await lab.shop.shop
            try await withThrowingTaskGroup { group in
                for number in 0..<40 {
                    group.addTask {
                        let id = MachineID.new()
                        async let created = shop.create(id, Documents.machine(), options: CreateOptions())
                        try await Task.sleep(for: .microseconds(number * 150))
                        _ = try await shop.collect(id)
                        _ = try? await created
                        await shop.tasks.join(id)
                        #expect(try await shop.machine(id).state == .collected)
                    }
                }
                try await group.waitForAll()
            }
            try await Task.sleep(for: .milliseconds(200))
            for plant in lab.plants { #expect(await plant.running.isEmpty) }
        }
    }

    @Test("a collected machine that was to be placed is not placed by a late start")
    func lateStart() async throws {
        try await Lab.run { lab in
            let shop = try await lab.shop.shop
            let machine = try await lab.shop.create()
            _ = try await shop.collect(machine.id)
            await shop.placeAgain(machine.id, machine.domain)
            await shop.tasks.join(machine.id)
            #expect(await lab.holders(machine.id).isEmpty)
            #expect(try await shop.machine(machine.id).state == .collected)
        }
    }
}
