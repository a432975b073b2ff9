import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Plants of which it is not known what they did", .serialized)
struct DoubtTests {
    /// Without its lists a plant cannot be seen to hold what it should not: only the debt leads to the collection.
    private static func hideLists(_ lab: Lab) async {
        await lab.plants[0].always(.fail(ServiceError(.internalError, "no list")), on: .machines)
    }

    @Test(
        "one that answers a creation with an error that says nothing is told to collect",
        arguments: [ErrorCode.internalError, .hostFailed, .unavailable]
    )
    func errorAnswer(code: ErrorCode) async throws {
        try await Lab.run(2) { lab in
            await Self.hideLists(lab)
            await lab.plants[0].script(.create, .actAndFail(ServiceError(code, "oops")))
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            try await wait("one is left") { await lab.holders(machine.id) == ["plant-2"] }
            try await wait("the debt is forgotten") { try await lab.shop.shop.parts.owed.all().isEmpty }
        }
    }

    @Test("one that answered nothing, and then refuses, is told to collect")
    func refusesInDoubt() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            await Self.hideLists(lab)
            let refusal = ServiceError(.refused, "full by now")
            await lab.plants[0].script(.create, .answerLate(.seconds(5)), .fail(refusal))
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            try await wait("one is left") { await lab.holders(machine.id) == ["plant-2"] }
        }
    }

    @Test("one that answered nothing, and then fails for good, is told to collect")
    func finalInDoubt() async throws {
        try await Lab.run(1, Lab.hasty) { lab in
            await Self.hideLists(lab)
            let error = ServiceError(.callInvalid, "what is that?")
            await lab.plants[0].script(.create, .answerLate(.seconds(5)), .fail(error))
            let machine = try await lab.shop.create()
            #expect(machine.state == .failed)
            try await wait("none is left") { await lab.holders(machine.id).isEmpty }
        }
    }

    @Test("one that starts again while it is in doubt is asked until it is ready")
    func unavailableInDoubt() async throws {
        try await Lab.run(1, Lab.hasty) { lab in
            await lab.plants[0].script(.create, .delay(.seconds(5)))
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is told") { await lab.plants[0].count(of: .create) == 1 }
            await lab.plants[0].becomeReady(false)
            try await wait("it is told again") { await lab.plants[0].count(of: .create) >= 3 }
            await lab.plants[0].becomeReady(true)
            #expect(try await lab.shop.settled(id).state == .ready)
        }
    }

    @Test("an estimate of another request is no bid")
    func otherRequest() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].mistakeRequests()
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            let events = try await lab.shop.events(machine.id)
            #expect(events.contains { $0.kind == .refusal && $0.message.contains("another request") })
        }
    }

    @Test("one that ignores what the shop has and how long it would wait costs no more than others")
    func deaf() async throws {
        try await Lab.run(1) { lab in
            await lab.plants[0].nextMachines(.pending)
            await lab.plants[0].becomeDeafToReaders()
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") { try await shop.parts.machines.record(id)?.extra.lastEvent == 1 }
            await lab.plants[0].note(MachineEvent(kind: .step, message: "a step"), on: id)
            let before = await lab.plants[0].count(of: .events)
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(await lab.plants[0].count(of: .events) - before <= 7)
            await lab.plants[0].finish(id)
            #expect(try await lab.shop.settled(id).state == .ready)
            #expect(try await lab.shop.events(id).count { $0.message == "a step" } == 1)
        }
    }

    @Test("one that comes to no end is not followed for ever")
    func endless() async throws {
        try await Lab.run(1) { lab in
            let machine = try await lab.shop.create()
            await lab.plants[0].put(machine.id, .configuring)
            await lab.plants[0].becomeDeafToReaders()
            let parts = try await lab.shop.shop.parts
            let follower = MachineFollower(
                shop: parts,
                id: machine.id,
                plant: parts.plants.urls[0],
                longest: .milliseconds(300)
            )
            await #expect { try await follower.follow() } throws: { ($0 as? ServiceError)?.code == .timedOut }
        }
    }
}
