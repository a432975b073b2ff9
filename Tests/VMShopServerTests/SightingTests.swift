import CostModel
import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("One id at two plants", .serialized)
struct SightingTests {
    private static func record(
        _ state: MachineState,
        at plant: String,
        isOurs: Bool,
        told: [String] = [],
        isUnwanted: Bool? = nil
    ) -> ShopRecord {
        let machine = Self.machine(state, plant)
        let extra = ShopExtra(
            plant: "http://" + plant,
            told: told.map { "http://" + $0 } + ["http://" + plant],
            isUnwanted: isUnwanted,
            policy: .time
        )
        return ShopRecord(machine: machine, document: isOurs ? [1] : [], extra: extra)
    }

    private static let id = MachineID.new()

    private static func machine(_ state: MachineState, _ plant: String) -> Machine {
        Machine(id: id, name: "m", state: state, plant: plant, domain: "d", requestDigest: "x", created: .now)
    }

    @Test(
        "what is made of it",
        arguments: [
            // Ours, and seen at a plant that was passed over.
            (record(.ready, at: "b", isOurs: true, told: ["a"]), machine(.ready, "a"), Sighting.unwanted),
            (record(.failed, at: "b", isOurs: true, told: ["a"]), machine(.creating, "a"), .unwanted),
            // Another shop's: of two, the plant whose name comes first keeps its machine.
            (record(.ready, at: "b", isOurs: true), machine(.ready, "a"), .elsewhere),
            (record(.ready, at: "a", isOurs: true), machine(.ready, "b"), .unwanted),
            (record(.failed, at: "b", isOurs: true), machine(.ready, "a"), .elsewhere),
            // A client wanted its end.
            (record(.collected, at: "b", isOurs: false, isUnwanted: true), machine(.ready, "a"), .unwanted),
            (record(.collected, at: "a", isOurs: false, isUnwanted: true), machine(.ready, "a"), .unwanted),
            (record(.collecting, at: "a", isOurs: true, isUnwanted: true), machine(.ready, "a"), .nothing),
            (record(.collecting, at: "b", isOurs: true, isUnwanted: true), machine(.ready, "a"), .unwanted),
            // A tombstone that was only heard of hides nothing.
            (record(.collected, at: "b", isOurs: false), machine(.ready, "a"), .replacement),
            (record(.lost, at: "b", isOurs: true), machine(.ready, "a"), .replacement),
            (record(.failed, at: "b", isOurs: false), machine(.creating, "a"), .replacement),
            // A shop that places it may be about to have it made here; unless it is not wanted.
            (record(.failed, at: "b", isOurs: false), machine(.placing, "a"), .nothing),
            (record(.placing, at: "b", isOurs: true), machine(.placing, "a"), .nothing),
            (record(.collected, at: "b", isOurs: true, isUnwanted: true), machine(.placing, "a"), .unwanted),
            // What is gone there is no second machine, and what is ours is not the plant's to change.
            (record(.ready, at: "b", isOurs: true), machine(.collected, "a"), .nothing),
            (record(.creating, at: "b", isOurs: true), machine(.ready, "b"), .nothing),
            (record(.ready, at: "b", isOurs: true), machine(.stopped, "b"), .news),
            (record(.placing, at: "b", isOurs: false), machine(.ready, "b"), .news),
            (record(.ready, at: "b", isOurs: false), machine(.ready, "a"), .elsewhere),
        ]
    )
    func decision(record: ShopRecord, machine: Machine, sighting: Sighting) {
        #expect(record.sighting(of: machine, at: "http://" + (machine.plant ?? "")) == sighting)
    }

    @Test("the same plant under another address is no second plant")
    func alias() {
        let record = Self.record(.ready, at: "a", isOurs: true)
        #expect(record.sighting(of: Self.machine(.ready, "a"), at: "http://localhost") == .nothing)
    }

    @Test("an old id is not placed while a plant that may have it is silent; a new one is")
    func silentPlant() async throws {
        try await Lab.run { lab in
            await lab.servers[0].stop()
            let shop = try await lab.shop.shop
            await #expect {
                try await shop.create(.old, Documents.machine(), options: CreateOptions())
            } throws: { ($0 as? ServiceError)?.code == .unavailable }
            #expect(await lab.plants[1].count(of: .create) == 0)
            #expect(try await lab.shop.create().plant == "plant-2")
        }
    }

    @Test("an id that cannot be from before the book is placed, whatever the client's clock says and whoever is silent")
    func slowClock() async throws {
        try await Lab.run { lab in
            await lab.shop.stop()
            let book = try DatabaseQueue(path: lab.shop.directory + "/shop.sqlite")
            try await book.write { try $0.execute(sql: "UPDATE book SET begun = begun - 3600000") }
            try book.close()
            try await lab.shop.restart()
            await lab.servers[0].stop()
            var random = SystemRandomNumberGenerator()
            let id = MachineID(at: Timestamp.now.advanced(by: .seconds(-300)), using: &random)
            #expect(try await lab.shop.create(id: id).plant == "plant-2")
        }
    }

    @Test("a tombstone does not hide the machine that a silent plant has")
    func tombstone() async throws {
        try await Lab.run { lab in
            let machine = try await lab.shop.create()
            _ = try await lab.plants[1].collect(machine.id)
            await lab.shop.stop()
            await lab.servers[0].stop()
            try await lab.shop.restart(deletingBook: true)
            await #expect { try await lab.shop.shop.machine(machine.id) } throws: {
                ($0 as? ServiceError)?.code == .unavailable
            }
            try await lab.servers[0].start()
            // Where the call that failed took long, the plant is skipped until the upkeep finds that it is back.
            try await wait("it is shown") { (try? await lab.shop.shop.machine(machine.id).state) == .ready }
        }
    }

    @Test("of a machine that two shops had made, one is left, and both shops show it")
    func twoShops() async throws {
        try await Lab.run(2) { lab in
            let other = try await TestShop(plants: [lab.servers[0].address, lab.servers[1].address])
            let id = MachineID.new()
            await lab.plants[1].bid(total: 1000)
            // Both shops are asked within the two seconds in which an id is new.
            await lab.plants[0].script(.estimate, .delay(.milliseconds(200)))
            async let first = lab.shop.create(id: id)
            try await Task.sleep(for: .milliseconds(100))
            await lab.plants[0].bid(total: 2000)
            async let second = other.create(id: id)
            _ = try? await (first, second)
            try await wait("one is left") { await lab.holders(id).count == 1 }
            try await Task.sleep(for: .milliseconds(600))
            let holders = await lab.holders(id)
            #expect(holders.count == 1)
            for shop in [lab.shop, other] {
                try await wait("it is shown") {
                    let machine = try await shop.shop.machine(id)
                    return machine.state == .ready && machine.plant == holders.first
                }
            }
            await other.remove()
        }
    }
}
