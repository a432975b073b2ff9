import CostModel
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Placement", .serialized)
struct PlacementTests {
    @Test("the cheapest bid wins")
    func cheapest() async throws {
        try await Lab.run(3) { lab in
            for (plant, total) in zip(lab.plants, [30.0, 10, 20]) { await plant.bid(total: total) }
            let machine = try await lab.shop.create()
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-2")
            #expect(await lab.holders(machine.id) == ["plant-2"])
        }
    }

    @Test("of equal bids the first plant of the list wins")
    func ties() async throws {
        try await Lab.run(3) { lab in
            for (plant, total) in zip(lab.plants, [11.0, 10, 10]) { await plant.bid(total: total) }
            for _ in 0..<2 {
                let machine = try await lab.shop.create()
                #expect(machine.plant == "plant-2")
            }
        }
    }

    @Test("13 machines of a domain land on the first of two plants, the 14th on the second (VMPlants, SC 2004)")
    func published() async throws {
        try await Lab.run(2) { lab in
            var chosen: [String?] = []
            for number in 1...14 { chosen.append(try await lab.shop.create(Documents.machine("m\(number)")).plant) }
            #expect(chosen == Array(repeating: "plant-1", count: 13) + ["plant-2"])
        }
    }

    @Test("the client's policy is what plants are asked for")
    func policy() async throws {
        try await Lab.run(1) { lab in
            let shop = try await lab.shop.shop
            let estimate = try await shop.estimate(Documents.machine(actions: ["a", "b"]), policy: .time)
            #expect(estimate.bids.first?.cost.policy == .time)
            #expect(estimate.bids.first?.cost.terms.map(\.name) == ["transfer", "clone", "boot", "actions"])
        }
    }

    @Test("a client has the choice of the policies that the shop lets it choose of")
    func choices() async throws {
        try await Lab.run(1, ["cost.policy=first-fit", "cost.choices=time,least-loaded"]) { lab in
            let shop = try await lab.shop.shop
            for (wish, policy) in [(nil, "first-fit"), ("first-fit", "first-fit"), ("time", "time")] {
                let estimate = try await shop.estimate(
                    Documents.machine(),
                    policy: wish.flatMap { CostPolicy(rawValue: $0) }
                )
                #expect(estimate.bids.first?.cost.policy.text == policy)
            }
            let other = try #require(CostPolicy(rawValue: "time+load"))
            let options = CreateOptions(policy: other)
            do {
                _ = try await shop.create(.new(), Documents.machine(), options: options)
                Issue.record("it was taken")
            } catch let error as ServiceError {
                #expect(error.code == .callInvalid && error.hint == "it does by first-fit, time, least-loaded")
            }
        }
    }

    @Test("a plant that gives no bid is passed over, and its name and reasons are told")
    func refusal() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].refuse(["no image small", "no address left"])
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            let events = try await lab.shop.events(machine.id)
            #expect(
                events.contains {
                    $0.kind == .refusal && $0.message.contains("plant-1") && $0.message.contains("no address left")
                }
            )
        }
    }

    @Test("when all refuse, the error has every reason of every plant")
    func allRefuse() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].refuse(["no image small", "no address left"])
            await lab.plants[1].refuse(["it is full"])
            let machine = try await lab.shop.create()
            let error = try #require(machine.error)
            #expect(machine.state == .failed)
            #expect(error.code == .noBids)
            #expect(
                error.refusals == [
                    Refusal(plant: "plant-1", reasons: ["no image small", "no address left"]),
                    Refusal(plant: "plant-2", reasons: ["it is full"]),
                ]
            )
        }
    }

    @Test("a shop without plants says what to configure")
    func noPlants() async throws {
        try await Lab.run(0) { lab in
            let machine = try await lab.shop.create()
            #expect(machine.state == .failed)
            #expect(machine.error?.code == .noBids)
            #expect(machine.error?.message.contains("plants.file") == true)
            let status = try await lab.shop.shop.status()
            #expect(!status.isReady)
            #expect(status.problems == ["its list has no plants"])
            #expect(try await lab.shop.shop.estimate(Documents.machine(), policy: nil).bids.isEmpty)
        }
    }

    static let wrongBids: [(String, Cost)] = {
        func cost(_ values: [Double], total: Double, policy: CostPolicy = .vmplants2004) -> Cost {
            var cost = Cost(
                policy: policy,
                terms: values.map { CostTerm(name: "machines", value: $0, unit: "points", reason: "") }
            )
            cost.total = total
            return cost
        }
        return [
            ("negative", cost([-5], total: -5)), ("a negative term", cost([-5, 6], total: 1)),
            ("wrong sum", cost([5], total: 1)),
            ("huge", cost([1e300], total: 1e300)), ("beyond an integer", cost([1e19], total: 1e19)),
            ("another policy", cost([0], total: 0, policy: .time)),
        ]
    }()

    @Test("bids that cannot be true are refused", arguments: wrongBids)
    func wrongBid(what: String, cost: Cost) async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].bid(cost)
            await lab.plants[1].bid(total: 1000)
            let machine = try await lab.shop.create()
            #expect(machine.plant == "plant-2")
            let events = try await lab.shop.events(machine.id)
            #expect(events.contains { $0.kind == .refusal && $0.message.contains("plant-1") })
        }
    }

    @Test(
        "a number that is large is written, not computed to death",
        arguments: [(1e300, "1e+300"), (12, "12"), (0.25, "0.3"), (-3, "-3")]
    )
    func numbers(value: Double, text: String) {
        #expect(value.formatted == text)
    }

    @Test(
        "a plant that bids and then does not make the machine is passed over, and the client sees one creation",
        arguments: [
            ServiceError(.refused, "full by now"), ServiceError(.bidExpired, "too late"),
            ServiceError(.hostFailed, "no disk"),
            ServiceError(.unavailable, "stopping"), ServiceError(.internalError, "a mistake"),
        ]
    )
    func refusesAfterBid(error: ServiceError) async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].always(.fail(error), on: .create)
            let machine = try await lab.shop.create()
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-2")
            let events = try await lab.shop.events(machine.id)
            #expect(events.compactMap(\.state) == [.placing, .creating, .ready])
            #expect(events.contains { $0.kind == .passedOver && $0.message.contains(error.message) })
            #expect(events.map(\.sequence) == Array(1...events.count))
        }
    }

    @Test(
        "a plant that begins the machine and fails is passed over",
        arguments: [ErrorCode.guestSilent, .hostFailed, .machineLost]
    )
    func failsLater(code: ErrorCode) async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].nextMachines(.failed(ServiceError(code, "it went wrong")))
            let machine = try await lab.shop.create()
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-2")
            #expect(machine.error == nil)
        }
    }

    @Test("a failing action is the request's own failure: no second plant is tried")
    func actionFails() async throws {
        try await Lab.run(2) { lab in
            await lab.plants[0].nextMachines(.failed(ServiceError(.actionFailed, "action `a` exited with 3")))
            let machine = try await lab.shop.create(Documents.machine(actions: ["a"]))
            #expect(machine.state == .failed)
            #expect(machine.error?.code == .actionFailed)
            #expect(await lab.plants[1].count(of: .create) == 0)
        }
    }

    @Test("a plant that dies after its bid is passed over")
    func diesAfterBid() async throws {
        try await Lab.run(2) { lab in
            // Its answer comes last, so that it is dead when it is told.
            await lab.plants[1].bid(total: 1000)
            await lab.plants[1].script(.estimate, .delay(.milliseconds(200)))
            let id = MachineID.new()
            _ = try await lab.shop.shop.create(id, Documents.machine(), options: CreateOptions())
            try await wait("plant-1 has bid") { await lab.plants[0].count(of: .estimate) > 0 }
            await lab.servers[0].stop()
            let machine = try await lab.shop.settled(id)
            #expect(machine.state == .ready)
            #expect(machine.plant == "plant-2")
        }
    }

    @Test("repeated and concurrent creations of one id make one machine")
    func repeated() async throws {
        try await Lab.run(2) { lab in
            let id = MachineID.new()
            let shop = try await lab.shop.shop
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { try await shop.create(id, Documents.machine(), options: CreateOptions()) }
                }
                try await group.waitForAll()
            }
            _ = try await lab.shop.settled(id)
            #expect(await lab.plants[0].count(of: .create) + lab.plants[1].count(of: .create) == 1)
            await #expect(throws: ServiceError.self) {
                try await shop.create(id, Documents.machine("other"), options: CreateOptions())
            }
        }
    }
}
