import CostModel
import SeededRandom
import Testing

/// What the policies do to a row of plants that are filled one machine after the other.
@Suite("What each policy prefers")
struct PolicyChoiceTests {
    /// A plant that counts what it was given.
    struct Plant {
        var capacity: PlantCapacity
        var domains: [String] = []
        var images: [String] = []
        var last: Int?
        var price = 0.0
        var transfer: TransferWork?

        func cost(_ policy: CostPolicy, _ domain: String, _ image: String, at time: Int) -> Cost {
            var load = PlantLoad(runningMachines: domains.count, domainHasNetwork: domains.contains(domain))
            let claim = ResourceClaim(memory: domains.count, cpus: 0, disk: 0)
            let promised = Commitments(machines: domains.count, reservations: 0, claim: claim)
            load.fullness = capacity.fullness(with: ResourceClaim(memory: 1, cpus: 0, disk: 0), beside: promised)
            load.machinesOfDomain = domains.count { $0 == domain }
            load.machinesOfImage = images.count { $0 == image }
            load.secondsSinceLast = last.map { Double(time - $0) }
            load.price = price
            let work = PlannedWork(
                transfer: transfer,
                clone: CloneWork(method: .overlay, bytes: 1),
                boot: ExpectedDuration(assumed: 2),
                actions: []
            )
            return policy.cost(of: work, load: load)
        }
    }

    /// Places machines one after the other, a second apart; answers which plant each went to.
    private func place(
        _ policy: CostPolicy,
        _ machines: [(domain: String, image: String)],
        on row: [Plant]
    ) -> [Int] {
        var plants = row
        return machines.enumerated().map { time, machine in
            let bids = plants.indices.map {
                (index: $0, cost: plants[$0].cost(policy, machine.domain, machine.image, at: time))
            }
            let winner = Ranking.order(bids, by: \.cost)[0].index
            plants[winner].domains.append(machine.domain)
            plants[winner].images.append(machine.image)
            plants[winner].last = time
            return winner
        }
    }

    private func plants(_ sizes: Int...) -> [Plant] {
        sizes.map { Plant(capacity: PlantCapacity(machines: 1000, memory: $0)) }
    }

    private func same(_ count: Int) -> [(domain: String, image: String)] {
        Array(repeating: ("physics", "small"), count: count)
    }

    private func named(_ text: String) throws -> CostPolicy { try #require(CostPolicy(rawValue: text)) }

    @Test("least-loaded: a plant of twice the size gets twice as many")
    func leastLoaded() throws {
        let placed = place(try named("least-loaded"), same(30), on: plants(100, 200))
        #expect(placed.count { $0 == 0 } == 10)
    }

    @Test("first-fit: all go to the first")
    func firstFit() throws {
        #expect(place(try named("first-fit"), same(5), on: plants(100, 100)) == [0, 0, 0, 0, 0])
    }

    @Test("round-robin: each in turn")
    func roundRobin() throws {
        #expect(place(try named("round-robin"), same(7), on: plants(9, 100, 100)) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test("threshold: a plant is filled to the limit, then the next; when all are, the emptiest is taken")
    func threshold() throws {
        let placed = place(try named("threshold"), same(18), on: plants(10, 10))
        #expect(placed == Array(repeating: 0, count: 8) + Array(repeating: 1, count: 8) + [0, 1])
        let half = place(try named("threshold:50"), same(10), on: plants(10, 10))
        #expect(half == Array(repeating: 0, count: 5) + Array(repeating: 1, count: 5))
    }

    @Test("affinity: machines of one image together, whoever they are of")
    func affinity() throws {
        let machines = [("a", "x"), ("b", "y"), ("b", "x"), ("a", "y")].map { (domain: $0.0, image: $0.1) }
        var row = plants(100, 100)
        row[1].images = ["y"]
        #expect(place(try named("affinity"), machines, on: row) == [0, 1, 0, 1])
    }

    @Test("spread: machines of one domain apart")
    func spread() throws {
        let machines = ["a", "a", "b", "b", "a"].map { (domain: $0, image: "x") }
        #expect(place(try named("spread"), machines, on: plants(100, 100)) == [0, 1, 0, 1, 0])
    }

    @Test("price, transfer and sums of them")
    func sums() throws {
        var row = plants(100, 100)
        row[0].price = 3
        #expect(place(try named("price"), same(1), on: row) == [1])
        row[1].transfer = TransferWork(image: "x", source: "p", bytes: 100, bytesPerSecond: 50, basis: "a guess")
        #expect(place(try named("transfer"), same(1), on: row) == [0])
        #expect(place(try named("transfer+price"), same(1), on: row) == [1])
        #expect(place(try named("2*transfer+price"), same(1), on: row) == [0])
        let cost = row[1].cost(try named("2*transfer+price"), "physics", "small", at: 0)
        #expect(cost.terms.map(\.value) == [4.1, 0] && cost.unit == "points" && cost.isSane)
        #expect(cost.terms[0].reason.hasSuffix(", times 2.0"))
    }

    @Test("no policy makes a price that cannot be ranked, whatever the load", arguments: 0..<50)
    func sane(seed: Int) {
        var random = SeededGenerator(seed: seed)
        var load = PlantLoad(
            runningMachines: .random(in: 0...1000, using: &random),
            domainHasNetwork: .random(using: &random)
        )
        load.fullness = .random(in: -1...3, using: &random)
        load.machinesOfImage = .random(in: 0...1000, using: &random)
        load.secondsSinceLast = .random(in: -10...1e7, using: &random)
        load.price = .random(in: 0...1e6, using: &random)
        let work = PlannedWork(
            clone: CloneWork(method: .copy, bytes: .random(in: 0...1 << 40, using: &random)),
            boot: ExpectedDuration(assumed: .random(in: 0...900, using: &random)),
            actions: []
        )
        for policy in CostPolicy.named {
            let cost = policy.cost(of: work, load: load)
            #expect(
                cost.isSane && !cost.terms.isEmpty && cost.terms.allSatisfy { !$0.reason.isEmpty },
                "\(policy.text)"
            )
        }
    }

    @Test("what is written is read, and what makes no sense is not")
    func reading() throws {
        for policy in CostPolicy.named { #expect(CostPolicy(rawValue: policy.text) == policy) }
        let sum = try named("vmplants-2004+0.5*price+threshold:70")
        #expect(sum.parts.map(\.component) == [.network, .machines, .price, .threshold])
        #expect(sum.parts.map(\.weight) == [1, 1, 0.5, 1] && sum.parts[3].limit == 70)
        let wrong = [
            "", "nonesuch", "load+", "+load", "load++price", "0*load", "-1*load", "1e3*load", "nan*load", "2*", "*load",
            "load:70", "threshold:0", "threshold:101", "threshold:", "load price", "Load", "2*2*load",
            String(repeating: "load+", count: 60) + "load",
        ]
        for text in wrong { #expect(CostPolicy(rawValue: text) == nil, "\(text)") }
    }
}
