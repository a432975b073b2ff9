import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

/// What the shop's own book refuses is no failure of the machine: nothing is lost, and it goes on when the book can be
/// written again.
@Suite("A book that cannot be written", .serialized)
struct BookTroubleTests {
    @Test("while a plant makes the machine does not cost it")
    func whileMaking() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].nextMachines(.pending)
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") { try await shop.parts.machines.record(id)?.machine.state == .creating }
            try await Self.setReadOnly(true, shop)
            await lab.plants[0].finish(id)
            try await Task.sleep(for: .milliseconds(400))
            #expect(try await shop.parts.machines.record(id)?.machine.state == .creating)
            try await Self.setReadOnly(false, shop)
            #expect(try await lab.shop.settled(id).state == .ready)
            #expect(await lab.holders(id) == ["plant-1"])
            #expect(await lab.plants[0].count(of: .collect) == 0)
        }
    }

    @Test("when a plant is to be passed over does not lose what it is owed")
    func passingOver() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].nextMachines(.pending)
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") { try await shop.parts.machines.record(id)?.machine.state == .creating }
            try await Self.setReadOnly(true, shop)
            await lab.plants[0].put(id, .stopped)
            try await Task.sleep(for: .milliseconds(400))
            try await Self.setReadOnly(false, shop)
            #expect(try await lab.shop.settled(id).plant == "plant-2")
            try await wait("one is left") { await lab.holders(id) == ["plant-2"] }
        }
    }

    @Test("for a choice lets the placement wait")
    func choosing() async throws {
        try await Lab.run(1) { lab in
            for plant in lab.plants { await plant.script(.estimate, .delay(.milliseconds(300))) }
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await Self.setReadOnly(true, shop)
            try await Task.sleep(for: .milliseconds(600))
            #expect(await lab.plants[0].count(of: .create) == 0)
            #expect(try await shop.parts.machines.record(id)?.machine.state == .placing)
            try await Self.setReadOnly(false, shop)
            #expect(try await lab.shop.settled(id).state == .ready)
        }
    }

    @Test("when the disk is full keeps the machine and what is owed")
    func full() async throws {
        try await Lab.run(1) { lab in
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            await lab.plants[0].nextMachines(.pending)
            _ = try await shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("it is being made") { try await shop.parts.machines.record(id)?.machine.state == .creating }
            try await shop.parts.machines.database.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            for number in 0..<50 {
                let message = "\(number)" + String(repeating: "x", count: 2_000)
                await lab.plants[0].note(MachineEvent(kind: .step, message: message), on: id)
            }
            await lab.plants[0].finish(id)
            try await Task.sleep(for: .milliseconds(400))
            #expect(try await shop.parts.machines.record(id)?.machine.state == .creating)
            try await shop.parts.machines.database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA max_page_count = 1000000")
            }
            #expect(try await lab.shop.settled(id).state == .ready)
            #expect(try await lab.shop.events(id).count { $0.kind == .step } == 50)
            #expect(await lab.holders(id) == ["plant-1"])
        }
    }

    private static func setReadOnly(_ isReadOnly: Bool, _ shop: Shop) async throws {
        try await shop.parts.machines.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA query_only = \(isReadOnly ? 1 : 0)")
        }
    }
}
