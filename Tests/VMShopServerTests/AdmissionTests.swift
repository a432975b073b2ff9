import MachineBook
import SeededRandom
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Which placements a shop takes on", .serialized)
struct AdmissionTests {
    @Test("up to the limit, by one domain too as long as nobody else wants any")
    func limit() {
        var admission = Admission(limit: 8)
        for _ in 0..<8 { #expect(admission.enter("a") == nil) }
        #expect(admission.enter("a")?.contains("8 machines") == true)
        admission.leave("a")
        #expect(admission.enter("b") == nil)
        #expect(admission.enter("b") != nil)
    }

    @Test("as it fills up, a domain that has its share waits, and one that has less does not")
    func share() {
        var admission = Admission(limit: 8)
        for _ in 0..<6 { #expect(admission.enter("a") == nil) }
        #expect(admission.enter("b") == nil)
        #expect(admission.enter("a")?.contains("its share") == true)
        #expect(admission.enter("b") == nil)
        #expect(admission.enter("c") != nil)
    }

    @Test(
        "it never holds more than the limit, forgets nobody, and whoever has nothing gets in while there is room",
        arguments: 0..<100
    )
    func property(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...40, using: &random)
        var admission = Admission(limit: limit)
        var inside: [String: Int] = [:]
        for _ in 0..<400 {
            let domain = ["a", "b", "c", "d"].randomElement(using: &random) ?? "a"
            if Bool.random(using: &random) {
                let isIn = admission.enter(domain) == nil
                if isIn { inside[domain, default: 0] += 1 }
                let total = inside.values.reduce(0, +)
                #expect(total <= limit)
                if !isIn, inside[domain] ?? 0 == 0 { #expect(total == limit) }
            } else if inside[domain] ?? 0 > 0 {
                admission.leave(domain)
                inside[domain, default: 0] -= 1
            } else {
                // Who is not in cannot leave.
                admission.leave(domain)
            }
            #expect(admission.total == inside.values.reduce(0, +))
        }
    }

    @Test("a plant that does as much as it can while it makes a machine is not passed over for it")
    func busyPlant() async throws {
        try await Lab.run(2) { lab in
            let busy = StubPlant.Reaction.fail(ServiceError(.overloaded, "not now"))
            await lab.plants[0].script(.machine, busy, busy)
            await lab.plants[0].script(.events, busy)
            let machine = try await lab.shop.create()
            #expect(machine.state == .ready && machine.plant == "plant-1")
            #expect(await lab.plants[0].count(of: .create) == 1)
            #expect(await lab.plants[1].count(of: .create) == 0)
            // One that takes no more creations is passed over, and owes nothing: it began none.
            await lab.plants[0].script(.create, busy)
            let next = try await lab.shop.create()
            #expect(next.plant == "plant-2")
            #expect(try await lab.shop.shop.parts.owed.all().isEmpty)
        }
    }

    @Test("over the limit a creation is refused at once and nothing is recorded; what is known already is answered")
    func overloaded() async throws {
        try await Lab.run(1, ["limits.placements=2"]) { lab in
            let shop = try await lab.shop.shop
            await lab.plants[0].nextMachines(.pending, .pending)
            let ids = [MachineID.new(), .new()]
            for id in ids { _ = try await shop.create(id, Documents.machine(), options: .init()) }
            let third = MachineID.new()
            do {
                _ = try await shop.create(third, Documents.machine(), options: .init())
                Issue.record("it was taken on")
            } catch let error as ServiceError { #expect(error.code == .overloaded) }
            #expect(try await shop.parts.machines.record(third) == nil)
            #expect(try await shop.create(ids[0], Documents.machine(), options: .init()).id == ids[0])
            // What was taken on goes on after a restart, and counts.
            _ = try await until("both are told") { await lab.plants[0].running.count == 2 ? true : nil }
            try await lab.shop.restart()
            let again = try await lab.shop.shop
            _ = try await until("both go on") { () async -> Bool? in
                do {
                    _ = try await again.create(.new(), Documents.machine("probe"), options: .init())
                    return nil
                } catch { return true }
            }
            for id in ids {
                await lab.plants[0].finish(id)
                #expect(try await lab.shop.settled(id).state == .ready)
            }
            #expect(try await lab.shop.create(id: third).state == .ready)
        }
    }
}
