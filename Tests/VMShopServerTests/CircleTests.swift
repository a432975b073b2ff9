import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Shops in each other's lists", .serialized)
struct CircleTests {
    /// Two shops that know each other and one plant each, the first itself too.
    private func inCircle(
        _ body: (_ first: TestShop, _ second: TestShop, _ plants: [StubPlant]) async throws -> Void
    ) async throws {
        let plants = [StubPlant("plant-1"), StubPlant("plant-2")]
        let servers = [try await LocalServer.started(plants[0]), try await LocalServer.started(plants[1])]
        let (first, second, fronts) = try await Self.shops(servers, attempts: 5)
        let result: Result<Void, any Error>
        do { result = .success(try await body(first, second, plants)) } catch { result = .failure(error) }
        for front in fronts { await front.stop() }
        for shop in [first, second] { await shop.remove() }
        for server in servers { await server.stop() }
        try result.get()
    }

    /// The shops, listening where the list of each says that the other is.
    private static func shops(
        _ servers: [LocalServer<StubPlant>],
        attempts: Int
    ) async throws -> (first: TestShop, second: TestShop, fronts: [LocalServer<Shop>]) {
        // Where somebody listened a moment ago, hardly anybody else does. Both do before one stops, else both might get the same place.
        let probes = [
            try await LocalServer.started(StubPlant("probe")), try await LocalServer.started(StubPlant("probe")),
        ]
        var ports: [Int] = []
        for probe in probes {
            ports.append(await probe.port)
            await probe.stop()
        }
        let places = ports.map { "127.0.0.1:\($0)" }
        let first = try await TestShop(plants: [places[0], places[1], servers[0].address], ["name=first"])
        let second = try await TestShop(plants: [places[0], servers[1].address], ["name=second"])
        var fronts: [LocalServer<Shop>] = []
        do {
            fronts.append(try await LocalServer.started(first.shop, on: ports[0]))
            fronts.append(try await LocalServer.started(second.shop, on: ports[1]))
            // Before that they may have asked each other in vain.
            try await wait("they reach each other") {
                let unreached = [
                    try await first.shop.parts.plants.unreached(), try await second.shop.parts.plants.unreached(),
                ]
                return unreached.allSatisfy(\.isEmpty)
            }
            return (first, second, fronts)
        } catch  where attempts > 1 {
            // Another test's server was given the place meanwhile.
            for front in fronts { await front.stop() }
            for shop in [first, second] { await shop.remove() }
            return try await shops(servers, attempts: attempts - 1)
        }
    }

    @Test("ask each other once: who is asked in a circle refuses, and says through whom the call came")
    func estimates() async throws {
        try await inCircle { first, _, plants in
            await plants[1].bid(total: 7)
            let began = ContinuousClock.now
            let estimate = try await first.shop.estimate(Documents.machine(), policy: nil)
            #expect(.now - began < .seconds(5))
            #expect(estimate.bids.map(\.plant) == ["plant-2", "plant-1"])
            #expect(estimate.bids.map(\.via) == [["first", "second"], ["first"]])
            let reasons = estimate.refusals.flatMap(\.reasons)
            #expect(reasons.contains("the call goes in a circle: first → first"))
            #expect(reasons.contains("the call goes in a circle: first → second → first"))
            #expect(await plants[0].count(of: .estimate) == 1)
        }
    }

    @Test("make a machine once, find it once, collect it, and know when there is none")
    func machines() async throws {
        try await inCircle { first, second, plants in
            await plants[1].bid(total: 7)
            let machine = try await first.create(Documents.machine("deep", user: "alice"))
            #expect(machine.state == .ready && machine.plant == "plant-2")
            #expect(await plants[1].running.map(\.id) == [machine.id])
            #expect(await plants[0].running.isEmpty)
            for shop in [first, second] {
                let found = try await shop.shop.machines(
                    matching: Query(parsing: #"Owner == "alice""#),
                    includeGone: false
                )
                #expect(found.map(\.id) == [machine.id])
                do {
                    _ = try await shop.shop.machine(.old)
                    Issue.record("it was found")
                } catch let error as ServiceError { #expect(error.code == .machineUnknown) }
            }
            #expect(try await first.shop.collect(machine.id).state == .collected)
            #expect(await plants[1].running.isEmpty)
            // An id that may have been used before is looked for everywhere, and nowhere twice.
            let old = MachineID.old
            #expect(try await first.create(id: old).state == .ready)
        }
    }

    @Test("a request that nobody takes fails at once, with every plant's reason")
    func refused() async throws {
        try await inCircle { first, _, plants in
            for plant in plants { await plant.refuse(["\(plant.name) is full"]) }
            let machine = try await first.create()
            #expect(machine.state == .failed && machine.error?.code == .noBids)
            let reasons = machine.error?.refusals?.flatMap(\.reasons) ?? []
            #expect(reasons.contains("plant-1 is full") && reasons.contains("plant-2 is full"), "\(reasons)")
        }
    }

    @Test("a call that came through too many shops is refused, one that is as long as may be is not")
    func long() {
        let names = (0..<CallPath.mostShops).map { "s\($0)@1" }
        #expect(throws: Never.self) { try CallPath(names).check(at: "last@1") }
        #expect(throws: ServiceError.self) { try CallPath(names + ["more@1"]).check(at: "last@1") }
        let endless = Array(repeating: "x", count: 5000).joined(separator: ",")
        #expect(CallPath(header: endless).shops.count == CallPath.mostShops + 1)
        #expect(CallPath(header: CallPath(names).headerText) == CallPath(names))
    }
}
