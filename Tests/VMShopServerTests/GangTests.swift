import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A gang of machines", .serialized)
struct GangTests {
    private static let full = ServiceError(.refused, "it is full")

    @Test("is made once each of its machines has a place, and each goes where its place is kept")
    func made() async throws {
        try await Lab.run { lab in
            let gang = try await lab.create(5)
            #expect(gang.state == .ready && gang.error == nil)
            #expect(await lab.machines == Set(gang.machines))
            for plant in lab.plants {
                let calls = await plant.calls
                let kept = calls.filter { $0.call == .reserve }.compactMap(\.machine)
                #expect(Set(kept) == Set(await plant.running.map(\.id)))
            }
            let listed = try await lab.shop.shop.page(gang.page)
            #expect(listed.map(\.id) == gang.machines && listed.allSatisfy { $0.state == .ready })
        }
    }

    @Test("is not begun when one of its machines has no place: nothing is made, and what was kept is given back")
    func none() async throws {
        try await Lab.run { lab in
            await lab.plants[0].script(.reserve, .act, .act, .fail(Self.full), .fail(Self.full), .fail(Self.full))
            await lab.plants[1].script(.reserve, .act, .fail(Self.full), .fail(Self.full), .fail(Self.full))
            let gang = try await lab.create(4)
            #expect(gang.state == .failed && gang.error?.code == .noBids)
            #expect(gang.error?.refusals?.map(\.plant).sorted() == ["plant-1", "plant-2"])
            for plant in lab.plants {
                #expect(await plant.places.isEmpty)
                #expect(await plant.count(of: .create) == 0)
            }
            #expect(try await lab.shop.shop.machines(matching: nil, includeGone: true).isEmpty)
            #expect(try await lab.shop.shop.parts.gate.isEmpty)
        }
    }

    @Test("is collected whole when one of its machines cannot be made in the end")
    func failing() async throws {
        try await Lab.run { lab in
            let broken = ServiceError(.hostFailed, "the disk is broken")
            for plant in lab.plants { await plant.nextMachines(.ready, .failed(broken), .failed(broken), .pending) }
            let gang = try await lab.create(6)
            #expect(gang.state == .failed && gang.error?.message.contains("the disk is broken") == true)
            try await wait("nothing is left of it") { await lab.machines.isEmpty }
            let states = Set(try await lab.shop.shop.page(gang.page).map(\.state))
            #expect(states.isSubset(of: [.failed, .collected]))
            try await wait("its places in the queue are free") { try await lab.shop.shop.parts.gate.isEmpty }
        }
    }

    @Test("is the same when it is asked for again, and no other may have its id")
    func again() async throws {
        try await Lab.run { lab in
            let (gang, shop) = (try await lab.create(3), try await lab.shop.shop)
            #expect(try await shop.createGang(gang.id, Documents.machine(), count: 3, options: .init()) == gang)
            #expect(await lab.machines.count == 3)
            await expect(.machineConflict) {
                try await shop.createGang(gang.id, Documents.machine(), count: 4, options: .init())
            }
            await expect(.machineConflict) {
                try await shop.createGang(gang.id, Documents.machine("other"), count: 3, options: .init())
            }
            #expect(try await shop.collectGang(gang.id).state == .collected)
            #expect(try await shop.collectGang(gang.id).state == .collected)
            #expect(await lab.machines.isEmpty)
            await expect(.machineCollected) {
                try await shop.createGang(gang.id, Documents.machine(), count: 3, options: .init())
            }
            #expect(try await shop.gangs(includeGone: false).isEmpty)
            #expect(try await shop.gangs(includeGone: true).map(\.id) == [gang.id])
            await expect(.machineUnknown) { try await shop.collectGang(.new()) }
        }
    }

    @Test("can be collected while its places are sought, or while its machines are made", arguments: [true, false])
    func unwanted(isPlacing: Bool) async throws {
        try await Lab.run { lab in
            for plant in lab.plants {
                await plant.nextMachines(.pending, .pending, .pending)
                if isPlacing { await plant.script(.reserve, .act, .delay(.seconds(5))) }
            }
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            _ = try await shop.createGang(id, Documents.machine(), count: 3, options: .init())
            try await wait("it is under way") {
                isPlacing
                    ? await lab.plants[0].count(of: .reserve) + lab.plants[1].count(of: .reserve) > 1
                    : await lab.machines.count == 3
            }
            let gang = try await shop.collectGang(id)
            let states = try await shop.page(gang.page).map(\.state)
            #expect(gang.state == .collected, "\(states)")
            #expect(await lab.machines.isEmpty)
            try await wait("its places in the queue are free") { await shop.parts.gate.isEmpty }
            if isPlacing { #expect(try await shop.machines(matching: nil, includeGone: true).isEmpty) }
        }
    }

    @Test("goes on when the shop is started anew", arguments: [true, false])
    func restarted(isPlacing: Bool) async throws {
        try await Lab.run { lab in
            for plant in lab.plants { await plant.nextMachines(.pending, .pending, .pending) }
            // The cheaper one is asked for all places.
            await lab.plants[1].bid(total: 1_000)
            if isPlacing { await lab.plants[0].script(.reserve, .act, .delay(.seconds(60))) }
            let id = MachineID.new()
            _ = try await lab.shop.shop.createGang(id, Documents.machine(), count: 3, options: .init())
            if isPlacing {
                try await wait("a place is kept") { await lab.plants[0].places.count + lab.plants[1].places.count > 0 }
            } else {
                try await wait("they are made") { await lab.machines.count == 3 }
            }
            try await lab.shop.restart()
            try await wait("they are made") { await lab.machines.count == 3 }
            for plant in lab.plants { for machine in await plant.running { await plant.finish(machine.id) } }
            #expect(try await lab.settled(id).state == .ready)
        }
    }

    @Test("is refused where it is larger than what the shop places at a time, or while the shop has no room for it")
    func tooLarge() async throws {
        try await Lab.run(2, ["limits.placements=4"]) { lab in
            let shop = try await lab.shop.shop
            await expect(.callInvalid) {
                try await shop.createGang(.new(), Documents.machine(), count: 5, options: .init())
            }
            for plant in lab.plants { await plant.nextMachines(.pending, .pending) }
            _ = try await shop.createGang(.new(), Documents.machine(), count: 2, options: .init())
            try await wait("they are made") { await lab.machines.count == 2 }
            await expect(.overloaded) {
                try await shop.createGang(.new(), Documents.machine(), count: 3, options: .init())
            }
            #expect(try await shop.gangs(includeGone: true).count == 1)
        }
    }

    @Test("is not made twice by a shop that lost its book")
    func lostBook() async throws {
        try await Lab.run { lab in
            let gang = try await lab.create(2)
            try await lab.shop.restart(deletingBook: true)
            try await Task.sleep(for: .seconds(2))
            await expect(.machineConflict) {
                try await lab.shop.shop.createGang(gang.id, Documents.machine(), count: 2, options: .init())
            }
            #expect(await lab.machines.count == 2)
        }
    }

    private func expect<Value>(_ code: ErrorCode, _ body: () async throws -> Value) async {
        do {
            _ = try await body()
            Issue.record("it was taken")
        } catch {
            #expect((error as? ServiceError)?.code == code)
        }
    }
}

extension Lab {
    /// The machines that there are at the plants.
    fileprivate var machines: Set<MachineID> {
        get async {
            var ids: Set<MachineID> = []
            for plant in plants { ids.formUnion(await plant.running.map(\.id)) }
            return ids
        }
    }

    /// Asks for a gang, and waits until it rests.
    fileprivate func create(_ count: Int) async throws -> Gang {
        let id = MachineID.new()
        _ = try await shop.shop.createGang(id, Documents.machine(), count: count, options: .init())
        return try await settled(id)
    }

    fileprivate func settled(_ id: MachineID) async throws -> Gang {
        try await until("gang \(id) rests") {
            let gang = try await shop.shop.gang(id)
            return gang.state.isResting ? gang : nil
        }
    }
}
