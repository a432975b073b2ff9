import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Plants that do not answer", .serialized)
struct SilenceTests {
    @Test("a silent plant costs its deadline once, is skipped, and is used again when it is back")
    func skipped() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            let shop = try await lab.shop.shop
            try await wait("names are known") {
                await shop.parts.plants.name("http://" + lab.servers[0].address) == "plant-1"
            }
            await lab.plants[0].fallSilent()
            let clock = ContinuousClock()
            let first = try await clock.measure { _ = try await shop.estimate(Documents.machine(), policy: nil) }
            #expect(first > .milliseconds(500))
            let second = try await shop.estimate(Documents.machine(), policy: nil)
            #expect(second.bids.map(\.plant) == ["plant-2"])
            #expect(second.refusals.map(\.plant) == ["plant-1"])
            #expect(second.refusals.first?.reasons.first?.contains("skipped") == true)
            #expect(try await shop.status().problems == ["plant-1 does not answer"])
            let asked = await lab.plants[0].count(of: .estimate)
            _ = try await lab.shop.create()
            #expect(await lab.plants[0].count(of: .estimate) == asked)
            await lab.plants[0].fallSilent(false)
            try await wait("it is asked again") {
                try await shop.estimate(Documents.machine(), policy: nil).bids.count == 2
            }
        }
    }

    @Test("a lost answer is asked for again at the same plant: one machine")
    func answerLost() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await lab.plants[0].script(.create, .answerLate(.seconds(5)))
            let machine = try await lab.shop.create()
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-1")
            #expect(await lab.plants[0].count(of: .create) == 2)
            #expect(await lab.plants[1].count(of: .create) == 0)
        }
    }

    @Test("a plant that never says whether it has the machine is passed over, and told to collect it when it is back")
    func owed() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await lab.plants[0].always(.answerLate(.seconds(30)), on: .create)
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            try await wait("it is collected at plant-1") {
                await lab.plants[0].memory(of: machine.id)?.state == .collected
            }
            #expect(await lab.holders(machine.id) == ["plant-2"])
            try await wait("the debt is forgotten") { try await lab.shop.shop.parts.owed.all().isEmpty }
        }
    }

    @Test("a plant that dies between accepting and answering is told to collect when it is back")
    func diesWhileAccepting() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await lab.plants[0].always(.answerLate(.seconds(30)), on: .create)
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 has it") { await lab.plants[0].memory(of: id) != nil }
            await lab.servers[0].stop()
            let machine = try await lab.shop.settled(id)
            #expect(machine.plant == "plant-2")
            #expect(await lab.holders(id) == ["plant-1", "plant-2"])
            try await lab.servers[0].start()
            try await wait("one is left") { await lab.holders(id) == ["plant-2"] }
        }
    }

    @Test("a plant that is silent while it makes the machine is waited for, then passed over and told to collect")
    func silentWhileMaking() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await lab.plants[0].nextMachines(.pending)
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 makes it") {
                try await lab.shop.shop.parts.machines.record(id)?.machine.state == .creating
            }
            await lab.servers[0].stop()
            let machine = try await lab.shop.settled(id)
            #expect(machine.plant == "plant-2")
            try await lab.servers[0].start()
            try await wait("one is left") { await lab.holders(id) == ["plant-2"] }
        }
    }

    @Test("while the next plant is tried, nobody sees the machine as failed")
    func neverSeenFailed() async throws {
        try await Lab.run { lab in
            await lab.plants[0].nextMachines(.pending)
            await lab.plants[1].nextMachines(.pending)
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 makes it") { try await shop.parts.machines.record(id)?.machine.state == .creating }
            await lab.plants[0].finish(id, error: ServiceError(.guestSilent, "no heartbeat"))
            for _ in 0..<200 {
                #expect(try await shop.machine(id).state == .creating)
                #expect(try await shop.machines(matching: nil, includeGone: false).map(\.state) == [.creating])
                if await lab.plants[1].count(of: .create) > 0 { break }
            }
            try await wait("plant-2 is told") { await lab.plants[1].memory(of: id) != nil }
            await lab.plants[1].finish(id)
            #expect(try await lab.shop.settled(id).plant == "plant-2")
        }
    }

    @Test("a configuration that a silent plant leaves open does not cost the machine")
    func configurationSurvives() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            let shop = try await lab.shop.shop
            await lab.plants[0].nextMachines(.pending)
            _ = try await shop.configure(machine.id, Documents.machine(actions: ["more"]))
            await lab.servers[0].stop()
            try await Task.sleep(for: .milliseconds(1_500))
            try await lab.servers[0].start()
            try await Task.sleep(for: .milliseconds(300))
            #expect(await lab.plants[0].count(of: .collect) == 0)
            await lab.plants[0].finish(machine.id)
            try await wait("the shop knows") {
                try await shop.parts.machines.record(machine.id)?.machine.state == .ready
            }
            #expect(await lab.holders(machine.id) == ["plant-1"])
        }
    }

    @Test("a machine of a silent plant is shown as it was last seen, and marked")
    func remembered() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            let first = try await lab.shop.create()
            await lab.plants[0].bid(total: 1000)
            let second = try await lab.shop.create()
            await lab.plants[0].fallSilent()
            let shop = try await lab.shop.shop
            let machines = try await shop.machines(matching: nil, includeGone: false)
            #expect(machines.map(\.id) == [first.id, second.id])
            #expect(machines.map { $0.attributes["Remembered"] } == [.boolean(true), nil])
            #expect(try await shop.machine(first.id).attributes["Remembered"] == .boolean(true))
            #expect(try await shop.machine(first.id).state == .ready)
        }
    }
}
