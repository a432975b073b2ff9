import CostModel
import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("The book of rounds")
struct RoundBookTests {
    @Test("a book of before, whose attempts were in its rounds, is taken over with them")
    func before() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/shop.sqlite"
            let id = MachineID.new()
            let time = Timestamp(milliseconds: 1_767_225_600_123)
            var round = PlacementRound(number: 1, time: time, way: .asked, bids: [], refusals: [])
            round.attempts = ["plant-1", "plant-2"].map { .init(plant: $0, time: time) }
            round.attempts[0].failure = "it burned down"
            round.attempts[1].isDone = true
            let body = try WireCoding.text(round)
            let machine = Machine(
                id: id,
                name: "old",
                state: .ready,
                domain: "lab.example",
                requestDigest: "-",
                created: time
            )
            let old = try ShopDatabase.open(path: path)
            try await MachineStore<ShopExtra>(old).write { transaction in
                let extra = ShopExtra(policy: .vmplants2004)
                _ = try transaction.insert(ShopRecord(machine: machine, document: [], extra: extra))
                try transaction.database.execute(
                    sql: "INSERT INTO placementRound (machine, number, body) VALUES (?, 1, ?)",
                    arguments: [id.text, body]
                )
                try transaction.database.execute(sql: "DROP TABLE placementAttempt")
                try transaction.database.execute(
                    sql: "DELETE FROM grdb_migrations WHERE identifier = 'shop-6'"
                )
            }
            try old.close()

            let book = RoundBook(database: try ShopDatabase.open(path: path))
            #expect(try await book.rounds(of: id) == [round])
        }
    }
}
