import ClassAds
import Foundation
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A shop that is stopped and started again", .serialized)
struct RestartTests {
    @Test("goes on with a placement that had chosen no plant")
    func placing() async throws {
        try await Lab.run { lab in
            for plant in lab.plants { await plant.script(.estimate, .delay(.seconds(30))) }
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plants are asked") { await lab.plants[1].count(of: .estimate) > 0 }
            try await lab.shop.restart()
            #expect(try await lab.shop.settled(id).state == .ready)
        }
    }

    @Test("goes on with the plant it had told, whether or not that was heard", arguments: [true, false])
    func told(wasHeard: Bool) async throws {
        try await Lab.run { lab in
            await lab.plants[0].script(.create, wasHeard ? .answerLate(.seconds(30)) : .delay(.seconds(30)))
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 is told") { await lab.plants[0].count(of: .create) > 0 }
            try await lab.shop.restart()
            let machine = try await lab.shop.settled(id)
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-1")
            #expect(await lab.plants[1].count(of: .create) == 0)
        }
    }

    @Test("follows a creation that ended while it was away, without waiting for further events")
    func creating() async throws {
        try await Lab.run { lab in
            await lab.plants[0].nextMachines(.pending)
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") {
                try await lab.shop.shop.parts.machines.record(id)?.machine.state == .creating
            }
            try await lab.shop.restart()
            await lab.plants[0].finish(id)
            #expect(try await lab.shop.settled(id).state == .ready)
            #expect(await lab.plants[0].count(of: .create) == 1)
        }
    }

    @Test("a machine that rests already, all of whose events are known, is seen to rest at once")
    func nothingNew() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            let shop = try await lab.shop.shop
            let took = try await ContinuousClock().measure {
                _ = try await MachineFollower(shop: shop.parts, id: machine.id, plant: shop.parts.plants.urls[0])
                    .follow()
            }
            #expect(took < .seconds(5))
        }
    }

    @Test("an event after the last state does not keep a machine from resting")
    func lateEvent() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].note(MachineEvent(kind: .step, message: "lease renewed"), on: machine.id)
            let shop = try await lab.shop.shop
            let took = try await ContinuousClock().measure {
                _ = try await MachineFollower(shop: shop.parts, id: machine.id, plant: shop.parts.plants.urls[0])
                    .follow()
            }
            #expect(took < .seconds(5))
            #expect(try await lab.shop.events(machine.id).last?.message == "lease renewed")
        }
    }

    @Test("a plant that may have the machine and is away after the restart is owed a collection")
    func plantAwayAfterRestart() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await lab.plants[0].script(.create, .answerLate(.seconds(30)))
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 has it") { await lab.plants[0].memory(of: id) != nil }
            await lab.shop.stop()
            await lab.servers[0].stop()
            try await lab.shop.start()
            #expect(try await lab.shop.settled(id).plant == "plant-2")
            try await lab.servers[0].start()
            try await wait("one is left") { await lab.holders(id) == ["plant-2"] }
        }
    }

    @Test("goes on following a configuration")
    func configuring() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].nextMachines(.pending)
            _ = try await lab.shop.shop.configure(machine.id, Documents.machine(actions: ["more"]))
            #expect(try await lab.shop.shop.machine(machine.id).state == .configuring)
            try await lab.shop.restart()
            await lab.plants[0].finish(machine.id, error: ServiceError(.actionFailed, "exited with 3"))
            let after = try await lab.shop.settled(machine.id)
            #expect(after.state == .ready)
            #expect(after.error?.code == .actionFailed)
        }
    }

    @Test("goes on with a collection that a plant had not heard of")
    func collecting() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.servers[0].stop()
            await #expect(throws: ServiceError.self) { try await lab.shop.shop.collect(machine.id) }
            #expect(try await lab.shop.shop.machine(machine.id).state == .collecting)
            try await lab.shop.restart()
            try await lab.servers[0].start()
            #expect(try await lab.shop.settled(machine.id).state == .collected)
            #expect(await lab.plants[0].running.isEmpty)
        }
    }

    @Test("without its book it knows every machine again: list, show, query, configure, collect, and repeated creation")
    func bookLost() async throws {
        try await Lab.run { lab in
            let first = try await lab.shop.create(Documents.machine("one", user: "alice"))
            await lab.plants[0].bid(total: 1000)
            let second = try await lab.shop.create(Documents.machine("two", user: "bob"), id: .old)
            try await lab.shop.restart(deletingBook: true)
            let shop = try await lab.shop.shop
            #expect(try await shop.machines(matching: nil, includeGone: false).map(\.name).sorted() == ["one", "two"])
            #expect(
                try await shop.machines(matching: Query(parsing: #"Owner == "bob""#), includeGone: false).map(\.id) == [
                    second.id
                ]
            )
            #expect(try await shop.machine(first.id).plant == "plant-1")
            // The client repeats its creation: no second machine.
            let made = await lab.plants[0].count(of: .create) + lab.plants[1].count(of: .create)
            #expect(
                try await shop.create(second.id, Documents.machine("two", user: "bob"), options: CreateOptions()).plant
                    == "plant-2"
            )
            #expect(await lab.plants[0].count(of: .create) + lab.plants[1].count(of: .create) == made)
            _ = try await shop.configure(first.id, Documents.machine("one", actions: ["more"]))
            #expect(try await lab.shop.settled(first.id).actions.map(\.id) == ["more"])
            #expect(try await shop.collect(first.id).state == .collected)
            #expect(try await shop.collect(second.id).state == .collected)
            #expect(await lab.holders(first.id).isEmpty)
            #expect(await lab.holders(second.id).isEmpty)
        }
    }
}

extension MachineID {
    /// An id made an hour ago.
    static var old: MachineID {
        var generator = SystemRandomNumberGenerator()
        return MachineID(at: Timestamp.now.advanced(by: .seconds(-3_600)), using: &generator)
    }
}
