import CostModel
import FoundationEssentials
import ShopAPI
import VMShopServer

/// What happened in a simulation.
public struct SimulationReport: Sendable, Hashable, Codable {
    /// Machines that plants made, or are making.
    public var placed: Int
    /// Machines that came to no plant.
    public var failed: Int
    /// From the first request to the last claim, in seconds.
    public var seconds: Double
    /// From the request to the claim at the plant, in milliseconds: half were no slower.
    public var median: Double
    /// The same, of 99 of 100.
    public var ninetyNinth: Double
    /// Estimates that plants were asked for.
    public var estimates: Int
    /// Creations that plants were asked for.
    public var creations: Int
    /// Creations that plants refused.
    public var refusals: Int
    /// How often plants were asked how a machine gets on.
    public var questions: Int
    /// Machines at the plant that holds the most.
    public var most: Int
    /// Machines at the plant that answers and holds the fewest.
    public var fewest: Int
    /// Machines at each plant.
    public var perPlant: [Int]
    /// Who has what: the same for two runs that placed alike.
    public var fingerprint: String
    /// What must never be, and was; none in a sound run.
    public var violations: [String]

    /// Machines that were placed a second.
    public var rate: Double { Double(placed) / max(seconds, 1e-9) }
    /// Calls to plants for each machine that was placed.
    public var callsEach: Double { Double(estimates + creations + questions) / Double(max(placed, 1)) }
    /// Refusals for each machine that was placed.
    public var refusalsEach: Double { Double(refusals) / Double(max(placed, 1)) }
}

extension SimulationReport {
    init(
        _ options: SimulationOptions,
        _ site: SimulatedSite,
        _ asked: [Simulation.Asked],
        seconds: Double
    ) async throws {
        var states: [PlantState] = []
        for plant in site.plants { states.append(await PlantState(plant)) }
        let claims = await site.times.all
        let times = asked.compactMap { ask in claims[ask.id].map { ($0 - ask.began).seconds * 1_000 } }.sorted()
        let holding = states.filter { !SimulatedFate.silentPlants(options).contains($0.number) }.map(\.held.count)
        placed = times.count
        failed = asked.count - times.count
        let (first, last) = (asked.map(\.began).min(), asked.compactMap { claims[$0.id] }.max())
        self.seconds = first.flatMap { first in last.map { ($0 - first).seconds } } ?? seconds
        median = Self.quantile(0.5, of: times)
        ninetyNinth = Self.quantile(0.99, of: times)
        estimates = states.reduce(0) { $0 + $1.calls.estimates }
        creations = states.reduce(0) { $0 + $1.calls.creations }
        refusals = states.reduce(0) { $0 + $1.calls.refusals }
        questions = states.reduce(0) { $0 + $1.calls.questions }
        most = holding.max() ?? 0
        fewest = holding.min() ?? 0
        perPlant = states.map(\.held.count)
        fingerprint = Self.fingerprint(asked, states)
        violations = Self.violations(options, asked, states)
    }

    private static func quantile(_ part: Double, of sorted: [Double]) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }

    /// A digest (FNV-1a) over which plant has each request's machine.
    private static func fingerprint(_ asked: [Simulation.Asked], _ states: [PlantState]) -> String {
        var place: [MachineID: Int] = [:]
        for state in states { for id in state.held { place[id] = state.number } }
        // Ids carry the time; their random part does not depend on it.
        let lines = asked.map { "\($0.id.text.suffix(16)) \(place[$0.id] ?? -1)" }.sorted()
        let digest = lines.joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        return String(digest, radix: 16)
    }

    /// What must never be: a machine at two plants, a plant that holds more than it may, a client that was told of a machine
    /// which is nowhere.
    private static func violations(
        _ options: SimulationOptions,
        _ asked: [Simulation.Asked],
        _ states: [PlantState]
    ) -> [String] {
        var found: [String] = []
        var holders: [MachineID: [Int]] = [:]
        for state in states {
            if state.peak > options.room { found.append("plant-\(state.number + 1) held \(state.peak) machines") }
            for id in state.held { holders[id, default: []].append(state.number) }
        }
        for (id, plants) in holders where plants.count > 1 { found.append("\(id) is at \(plants.count) plants") }
        for ask in asked {
            guard let machine = ask.machine, [.creating, .ready].contains(machine.state) else { continue }
            let held = holders[ask.id] ?? []
            let isMaking = states.contains { $0.failed.contains(ask.id) }
            if held.isEmpty, !isMaking {
                found.append("\(ask.id) is said to be \(machine.state.rawValue) and is nowhere")
            }
        }
        return found
    }
}

/// A plant as it is in the end.
private struct PlantState: Sendable {
    var number: Int
    var calls: SimulatedPlant.Calls
    var peak: Int
    /// Machines that it makes or has.
    var held: [MachineID] = []
    /// Machines whose creation failed there.
    var failed: Set<MachineID> = []

    init(_ plant: SimulatedPlant) async {
        number = plant.number
        calls = await plant.calls
        peak = await plant.peak
        for machine in await plant.machines.values {
            if machine.state.holdsResources { held.append(machine.id) } else { failed.insert(machine.id) }
        }
    }
}
