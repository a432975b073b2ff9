import CostModel
import MachineBook
import SeededRandom
import VMShopServer

/// What happens in a trial, drawn from its seed: what the site is like, what the clients want, and what goes wrong.
struct TrialPlan: Sendable, Hashable {
    /// Something that goes wrong.
    struct Incident: Sendable, Hashable {
        /// When, in seconds from the beginning.
        var time: Double
        var kind: Kind
        /// How long it lasts, in seconds.
        var duration: Double
    }

    /// What goes wrong.
    enum Kind: Sendable, Hashable {
        /// A shop is killed, and started anew after a while.
        case killShop(Int)
        /// A shop is killed when it passes a place, and started anew after a while.
        case killShopAt(Int, faultPoint: String, passes: Int)
        /// A shop's host loses its power: the shop is killed, and what its book had not flushed is lost.
        case cutPower(Int)
        /// A shop is killed and its book is lost.
        case loseBook(Int)
        /// A plant is killed, and started anew after a while.
        case killPlant(Int)
        /// A plant does nothing for a while.
        case freezePlant(Int)
        /// Nothing gets through in one direction.
        case cut(from: String, to: String)
        /// A shop's wall clock is set to another time.
        case jump(Int, seconds: Double)
    }

    /// What a client wants.
    struct Errand: Sendable, Hashable {
        var number: Int
        /// When it asks, in seconds from the beginning.
        var time: Double
        /// The shop that it asks.
        var shop: Int
        /// How often it asks at the same time.
        var copies: Int
        /// After which time it has the machine collected; nothing where it keeps it.
        var keeps: Double?
        /// Whether somebody else asks for another machine of the same id.
        var hasImpostor: Bool
        /// Whether it wants the machine for an hour.
        var hasLease: Bool
        /// Whether it has a further graph applied once the machine is ready.
        var configures: Bool
        /// Whether it has the lease end in two hours instead, once the machine is ready.
        var extends: Bool
    }

    /// What a client wants that asks for a gang.
    struct GangErrand: Sendable, Hashable {
        /// When it asks, in seconds from the beginning.
        var time: Double
        /// The shop that it asks.
        var shop: Int
        /// How many machines it wants.
        var count: Int
        /// After which time it has them collected; nothing where it keeps them.
        var keeps: Double?
    }

    let seed: UInt64
    /// What the plants and shops are like.
    private(set) var options: SimulationOptions
    /// What the network is like until it is calm.
    private(set) var conditions = SimulatedNetwork.Conditions()
    /// Seconds until nothing goes wrong any more.
    let trouble: Double
    private(set) var incidents: [Incident] = []
    private(set) var errands: [Errand] = []
    /// The gang that is wanted, in some trials.
    private(set) var gang: GangErrand?

    /// Whether nothing goes wrong, so that everybody must get a machine.
    var isEasy: Bool {
        incidents.isEmpty && conditions.loss == 0 && conditions.lateness == 0 && options.failing == 0
            && options.refusing == 0 && options.room * options.plants >= options.requests + (gang?.count ?? 0)
    }

    /// Whether the power of a shop is cut, so that it counts what is flushed.
    func cutsPower(of shop: Int) -> Bool { incidents.contains { $0.kind == .cutPower(shop) } }

    /// Draws a plan.
    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.seed = seed
        options = Self.site(seed, &generator)
        trouble = .random(in: 5...40, using: &generator)
        conditions = Self.conditions(&generator)
        for _ in 0..<Int.random(in: 0...4, using: &generator) { incidents.append(incident(&generator)) }
        errands = (0..<options.requests).map { errand($0, &generator) }
        if Double.random(in: 0..<1, using: &generator) < 0.3 { gang = gangErrand(&generator) }
    }

    private static func site(_ seed: UInt64, _ generator: inout SeededGenerator) -> SimulationOptions {
        var options = SimulationOptions()
        options.seed = Int(truncatingIfNeeded: seed & 0xFFFF_FFFF)
        options.plants = .random(in: 1...4, using: &generator)
        options.shops = .random(in: 1...2, using: &generator)
        options.requests = .random(in: 1...6, using: &generator)
        options.room = .random(in: 1...6, using: &generator)
        options.domains = .random(in: 1...3, using: &generator)
        options.bids = Bool.random(using: &generator) ? "live" : "told"
        options.making = pick([0.1, 2, 15], &generator)
        options.failing = pick([0, 0, 0.2], &generator)
        options.refusing = pick([0, 0, 0.2], &generator)
        let policies = ["vmplants-2004", "least-loaded", "first-fit", "spread"].compactMap(CostPolicy.init(rawValue:))
        options.policy = policies.randomElement(using: &generator) ?? options.policy
        return options
    }

    private static func conditions(_ generator: inout SeededGenerator) -> SimulatedNetwork.Conditions {
        var conditions = SimulatedNetwork.Conditions()
        conditions.latency = pick([0.001, 0.02, 0.3], &generator)
        conditions.loss = pick([0, 0, 0.05, 0.3], &generator)
        conditions.repetition = pick([0, 0.1], &generator)
        conditions.lateness = pick([0, 0.05], &generator)
        return conditions
    }

    private func incident(_ generator: inout SeededGenerator) -> Incident {
        let (shop, plant) = (Int.random(in: 0..<options.shops, using: &generator), anyPlant(&generator))
        let kinds: [Kind] = [
            .killShop(shop), .killShopAt(shop, faultPoint: Self.pick(FaultPoint.names, &generator), passes: 1),
            .killShopAt(
                shop,
                faultPoint: Self.pick(FaultPoint.names, &generator),
                passes: .random(in: 1...6, using: &generator)
            ),
            .cutPower(shop),
            .killPlant(plant), .freezePlant(plant), cut(shop, plant, &generator), cut(shop, plant, &generator),
            .jump(shop, seconds: Self.pick([-3_600, 3_600, -3e8, 3e8], &generator)),
        ]
        // Rarely: what no plant has is forgotten with a book, so less can be asked of such a trial.
        let isBookLost = Double.random(in: 0..<1, using: &generator) < 0.05
        return Incident(
            time: .random(in: 0..<trouble, using: &generator),
            kind: isBookLost ? .loseBook(shop) : Self.pick(kinds, &generator),
            duration: Self.pick([0.01, 3, 15], &generator)
        )
    }

    private func anyPlant(_ generator: inout SeededGenerator) -> Int {
        .random(in: 0..<options.plants, using: &generator)
    }

    private func cut(_ shop: Int, _ plant: Int, _ generator: inout SeededGenerator) -> Kind {
        let ends = ["shop-\(shop + 1)", "plant-\(plant + 1)"]
        return Bool.random(using: &generator) ? .cut(from: ends[0], to: ends[1]) : .cut(from: ends[1], to: ends[0])
    }

    private func errand(_ number: Int, _ generator: inout SeededGenerator) -> Errand {
        let isKept = Double.random(in: 0..<1, using: &generator) < 0.6
        return Errand(
            number: number,
            time: .random(in: 0..<trouble, using: &generator),
            shop: .random(in: 0..<options.shops, using: &generator),
            copies: Self.pick([1, 1, 1, 2, 4], &generator),
            keeps: isKept ? nil : .random(in: 0..<15, using: &generator),
            hasImpostor: Double.random(in: 0..<1, using: &generator) < 0.2,
            hasLease: Bool.random(using: &generator),
            configures: Self.pick([true, false, false], &generator),
            extends: Self.pick([true, false, false], &generator)
        )
    }

    private func gangErrand(_ generator: inout SeededGenerator) -> GangErrand {
        GangErrand(
            time: .random(in: 0..<trouble, using: &generator),
            shop: .random(in: 0..<options.shops, using: &generator),
            count: .random(in: 1...4, using: &generator),
            keeps: Bool.random(using: &generator) ? nil : .random(in: 0..<15, using: &generator)
        )
    }

    private static func pick<Value>(_ values: [Value], _ generator: inout SeededGenerator) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }
}
