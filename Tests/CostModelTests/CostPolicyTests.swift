import CostModel
import Testing

@Suite("Cost policies")
struct CostPolicyTests {
    let work = PlannedWork(
        clone: CloneWork(method: .overlay, bytes: 1 << 30),
        boot: ExpectedDuration(assumed: 2.5),
        actions: [
            ActionWork(id: "user", expected: ExpectedDuration(assumed: 0.5)),
            ActionWork(id: "data", expected: ExpectedDuration(assumed: 1)),
        ]
    )

    /// One plant of the published experiment: it counts its machines and remembers who has a network.
    struct Plant {
        var name: String
        var machines = 0
        var domains: Set<String> = []

        func cost(for domain: String, of work: PlannedWork) -> Cost {
            CostPolicy.vmplants2004.cost(
                of: work,
                load: PlantLoad(runningMachines: machines, domainHasNetwork: domains.contains(domain))
            )
        }
    }

    func place(_ domain: String, on plants: inout [Plant]) -> String {
        let bids = plants.map { (plant: $0.name, cost: $0.cost(for: domain, of: work)) }
        let winner = Ranking.order(bids, by: \.cost)[0].plant
        for index in plants.indices where plants[index].name == winner {
            plants[index].machines += 1
            plants[index].domains.insert(domain)
        }
        return winner
    }

    @Test("vmplants-2004: 13 machines of one domain land on the first of two plants, the 14th on the second")
    func golden() {
        var plants = [Plant(name: "first"), Plant(name: "second")]
        let placed = (1...14).map { _ in place("physics", on: &plants) }
        #expect(placed == Array(repeating: "first", count: 13) + ["second"])
    }

    @Test("vmplants-2004: a second domain goes to the plant with fewer machines")
    func secondDomain() {
        var plants = [Plant(name: "first"), Plant(name: "second")]
        #expect(place("physics", on: &plants) == "first")
        #expect(place("biology", on: &plants) == "second")
    }

    @Test("vmplants-2004: a new network costs 50, a running machine 4, and the terms say so")
    func constants() {
        let fresh = CostPolicy.vmplants2004.cost(of: work, load: .init(runningMachines: 3, domainHasNetwork: false))
        #expect(fresh.total == 62)
        #expect(fresh.terms.map(\.name) == ["network", "machines"])
        #expect(fresh.terms.map(\.value) == [50, 12])
        let known = CostPolicy.vmplants2004.cost(of: work, load: .init(runningMachines: 3, domainHasNetwork: true))
        #expect(known.total == 12)
    }

    @Test("time: the sum of clone, boot and the actions left, whatever the load")
    func time() {
        let cost = CostPolicy.time.cost(of: work, load: .init(runningMachines: 90, domainHasNetwork: false))
        #expect(cost.terms.map(\.name) == ["transfer", "clone", "boot", "actions"])
        #expect(abs(cost.total - 4.001) < 1e-9)
        #expect(cost.terms[3].reason == "user 0.5 s, data 1.0 s")
    }

    @Test("time: an overlay costs the same at any size, a copy grows with it")
    func clones() {
        let small = 1 << 20
        let large = 1 << 40
        #expect(
            CloneWork(method: .overlay, bytes: small).expectedSeconds
                == CloneWork(method: .overlay, bytes: large).expectedSeconds
        )
        #expect(
            CloneWork(method: .copy, bytes: small).expectedSeconds
                < CloneWork(method: .copy, bytes: large).expectedSeconds
        )
    }
}
