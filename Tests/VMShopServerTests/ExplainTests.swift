import CostModel
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("What a shop keeps of a placement", .serialized)
struct ExplainTests {
    @Test("every round with its bids and refusals, and what came of those that were taken up")
    func rounds() async throws {
        try await Lab.run(3) { lab in
            for (plant, total) in zip(lab.plants, [10.0, 20, 30]) { await plant.bid(total: total) }
            await lab.plants[2].refuse(["it is full", "it is cordoned"])
            await lab.plants[0].nextMachines(.failed(ServiceError(.guestSilent, "the guest did not report")))
            let machine = try await lab.shop.create()
            let report = try await lab.shop.shop.placement(of: machine.id)
            #expect(report.plant == "plant-2" && report.policy == .vmplants2004 && report.rounds.count == 1)
            let round = try #require(report.rounds.first)
            #expect(round.way == .asked && round.offers.map(\.plant) == ["plant-1", "plant-2"])
            #expect(round.refusals == [Refusal(plant: "plant-3", reasons: ["it is full", "it is cordoned"])])
            #expect(round.attempts.map(\.plant) == ["plant-1", "plant-2"])
            #expect(round.attempts.map(\.failure) == ["the guest did not report", nil])
            #expect(round.attempts.map(\.isDone) == [false, true])
        }
    }

    @Test("it is kept over a restart, also of a shop that was at it, and when the machine failed")
    func restart() async throws {
        try await Lab.run(1) { lab in
            await lab.plants[0].nextMachines(.pending)
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: .init())
            _ = try await until("it is told") { await lab.plants[0].memory(of: id) }
            try await lab.shop.restart()
            let attempt = try #require(try await lab.shop.shop.placement(of: id).rounds.first?.attempts.first)
            #expect(attempt.plant == "plant-1" && attempt.failure == nil && !attempt.isDone)
            await lab.plants[0].finish(id, error: ServiceError(.hostFailed, "no"))
            #expect(try await lab.shop.settled(id).state == .failed)
            let attempts = try await lab.shop.shop.placement(of: id).rounds.first?.attempts
            #expect(attempts?.map(\.failure) == ["no"])
        }
    }

    @Test("a kept place is a round of its own; of many rounds the last are kept")
    func ways() async throws {
        try await Lab.run(1) { lab in
            let (id, shop) = (MachineID.new(), try await lab.shop.shop)
            _ = try await shop.reserve(id, Documents.machine(), policy: nil)
            let machine = try await lab.shop.create(id: id)
            #expect(try await shop.placement(of: machine.id).rounds.map(\.way) == [.kept])
            let round = Round([], for: "", policy: .vmplants2004)
            for _ in 0..<20 { try await shop.parts.machines.write { try $0.begin(round, of: id) } }
            #expect(try await shop.placement(of: id).rounds.map(\.number) == Array(14...21))
        }
    }

    @Test(
        "the story tells four bids and sixteen refusals of a round, and how many there were more; the round has them all"
    )
    func manyBids() async throws {
        try await Lab.run(1) { lab in
            let bid = try #require(try await lab.plants[0].estimate(Documents.machine(), policy: nil).bids.first)
            var round = Round([], for: "", policy: .vmplants2004)
            round.offers = (0..<20).map { Round.Offer(url: "http://\($0)", bid: bid) }
            round.refusals = (0..<20).map { Refusal(plant: "plant-\($0)", reasons: ["it is full"]) }
            let told = Dictionary(grouping: round.events, by: \.kind)
            let bids = "plant-1 bids 50, plant-1 50, plant-1 50, plant-1 50; 16 other plants bid too"
            #expect(told[.bid]?.map(\.message) == [bids + " (`vmshop explain` names them)"])
            #expect(told[.refusal]?.count == 17)
            #expect(told[.refusal]?.last?.message.hasPrefix("4 other plants do not bid either") == true)
            let machine = try await lab.shop.create()
            try await lab.shop.shop.parts.machines.write { [round] in try $0.begin(round, of: machine.id) }
            #expect(try await lab.shop.shop.placement(of: machine.id).rounds.last?.offers.count == 20)
        }
    }

    @Test("nothing of a machine that another shop placed")
    func adopted() async throws {
        try await Lab.run(1) { lab in
            let id = MachineID.new()
            _ = try await lab.plants[0].create(id, Documents.machine(), options: .init())
            let report = try await lab.shop.shop.placement(of: id)
            #expect(report == PlacementReport(machine: id, policy: nil, plant: "plant-1", rounds: []))
        }
    }
}
