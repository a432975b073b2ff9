import ClassAds
import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("The shop's upkeep", .serialized)
struct UpkeepTests {
    @Test("what has not changed is not written")
    func noWrites() async throws {
        try await Lab.run(1) { lab in
            for _ in 0..<3 { _ = try await lab.shop.create() }
            let shop = try await lab.shop.shop
            try await MachineDirectory(shop: shop.parts).refresh()
            let before = try await Self.changes(shop)
            for _ in 0..<3 { try await MachineDirectory(shop: shop.parts).refresh() }
            #expect(try await Self.changes(shop) == before)
        }
    }

    @Test("a plant that stalls on collections keeps no other from being told, nor the directory from being fresh")
    func stalledPlant() async throws {
        try await Lab.run(2, Lab.hasty) { lab in
            let first = try await lab.shop.create()
            await lab.plants[0].bid(total: 1000)
            let second = try await lab.shop.create()
            let third = try await lab.shop.create()
            #expect([first, second, third].map(\.plant) == ["plant-1", "plant-2", "plant-2"])
            let shop = try await lab.shop.shop
            await lab.plants[0].always(.silence, on: .collect)
            try await shop.parts.machines.write { transaction in
                try transaction.owe(first.id, at: shop.parts.plants.urls[0])
            }
            try await wait("the stalled one is told") { await lab.plants[0].count(of: .collect) > 0 }
            try await shop.parts.machines.write { transaction in
                try transaction.owe(second.id, at: shop.parts.plants.urls[1])
            }
            await lab.plants[1].put(third.id, .stopped)
            let began = ContinuousClock.now
            try await wait("the directory is fresh") {
                try await shop.parts.machines.record(third.id)?.machine.state == .stopped
            }
            #expect(.now - began < .seconds(8))
            try await wait("the other is told") { await lab.plants[1].memory(of: second.id)?.state == .collected }
        }
    }

    @Test(
        "a machine that was learnt unfinished comes to its end in the book",
        arguments: [MachineState.placing, .creating, .configuring],
        [MachineState.ready, .failed, .collected]
    )
    func unfinished(state: MachineState, end: MachineState) async throws {
        try await Lab.run(1) { lab in
            let id = MachineID.new()
            await lab.plants[0].nextMachines(.pending)
            _ = try await lab.plants[0].create(id, Documents.machine(), options: CreateOptions())
            await lab.plants[0].put(id, state)
            let shop = try await lab.shop.shop
            _ = try await shop.machine(id)
            #expect(try await shop.parts.machines.record(id)?.machine.state == state)
            if state == .configuring, end == .failed {
                await lab.plants[0].forget(id)
            } else {
                await lab.plants[0].put(id, end)
            }
            try await wait("the book has it") {
                let known = try await shop.parts.machines.record(id)?.machine.state
                return known == (state == .configuring && end == .failed ? .lost : end)
            }
        }
    }

    @Test("a shop none of whose plants listens is not ready; plants that are not in its list any more do not count")
    func readiness() async throws {
        try await Lab.run(1) { lab in
            let shop = try await lab.shop.shop
            try await wait("it knows its plant's name") {
                await shop.parts.plants.name(shop.parts.plants.urls[0]) == "plant-1"
            }
            await shop.parts.plants.health.suspect("http://127.0.0.1:1")
            #expect(try await shop.status().isReady)
            await lab.servers[0].stop()
            try await wait("it is not ready") { try await !shop.status().isReady }
            #expect(try await shop.status().problems == ["plant-1 does not answer"])
            try await lab.servers[0].start()
            try await wait("it is ready") { try await shop.status().isReady }
            #expect(try await shop.status().problems.isEmpty)
        }
    }

    @Test("many machines in progress at a plant leave connections for other calls", .timeLimit(.minutes(2)))
    func manyFollowed() async throws {
        try await Lab.run(1) { lab in
            let shop = try await lab.shop.shop
            var ids: [MachineID] = []
            for _ in 0..<80 {
                await lab.plants[0].nextMachines(.pending)
                ids.append(.new())
                _ = try await shop.create(ids[ids.count - 1], Documents.machine(), options: CreateOptions())
            }
            try await wait("all are followed") {
                try await shop.parts.machines.ids(in: [.creating]).count == ids.count
            }
            try await Task.sleep(for: .milliseconds(500))
            let began = ContinuousClock.now
            #expect(try await shop.estimate(Documents.machine(), policy: nil).bids.count == 1)
            #expect(.now - began < .seconds(5))
            for id in ids { await lab.plants[0].finish(id) }
            for id in ids { #expect(try await lab.shop.settled(id).state == .ready) }
        }
    }

    private static func changes(_ shop: Shop) async throws -> Int {
        try await shop.parts.machines.database.writeWithoutTransaction { database in
            try Int.fetchOne(database, sql: "SELECT total_changes()") ?? 0
        }
    }
}
