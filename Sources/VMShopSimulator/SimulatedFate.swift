import SeededRandom
import ShopAPI

/// What becomes of what is asked of a simulated plant. It depends on the seed, the plant and the machine, not on when it
/// is asked or after what, so that the same seed has the same fates.
struct SimulatedFate: Sendable {
    /// Whether the plant refuses to make the machine.
    let refuses: Bool
    /// Whether the creation fails.
    let fails: Bool
    /// Seconds that it takes.
    let seconds: Double

    init(of machine: MachineID, at plant: Int, _ options: SimulationOptions) {
        var generator = SeededGenerator(seed: options.seed &* 1_000_003 &+ plant)
        let own = generator.next()
        // The first ten digits are the time.
        let mixed = machine.text.utf8.dropFirst(10).reduce(own) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        generator = SeededGenerator(seed: mixed)
        refuses = Double.random(in: 0..<1, using: &generator) < options.refusing
        fails = Double.random(in: 0..<1, using: &generator) < options.failing
        seconds = options.making * Double.random(in: 0.5...1.5, using: &generator)
    }

    /// Which plants are silent.
    static func silentPlants(_ options: SimulationOptions) -> Set<Int> {
        var generator = SeededGenerator(seed: options.seed)
        let count = Int((Double(options.plants) * options.silent).rounded())
        return Set(Array(0..<options.plants).shuffled(using: &generator).prefix(count))
    }
}
