public import ArgumentParser
import FoundationEssentials
import Glibc
import ShopAPI
import VMShopSimulator

/// Runs trials: sites in simulated time, in which things go wrong as a seed says.
public struct Trials: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "trials",
        abstract: "Try shops in simulated time, with faults drawn from seeds.",
        discussion: """
            Each seed is a site of its own: shops with their books, and simulated plants, in one process, where time passes only when \
            nobody has anything to do. The network delays, loses and repeats calls; shops and plants are killed, frozen and cut off; \
            clocks jump; books are lost. Afterwards what clients were told, what shops know and what plants have must agree. The \
            same seed is the same trial. Exits with 1 when one failed.
            """
    )

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds are tried, one after another.")
    var count = 100

    @Flag(help: "Print what happened in each trial.")
    var story = false

    /// The command as it is before its arguments are read.
    public init() {}

    /// Refuses what cannot be tried.
    public func validate() throws {
        guard (1...10_000_000).contains(count) else { throw ValidationError("--count must be from 1 to 10000000") }
    }

    /// Does it.
    public func run() async throws {
        try Self.beginWithoutChance()
        let trial = try await Trial()
        let began = ContinuousClock.now
        var (failed, machines, simulated) = (0, 0, Duration.zero)
        for seed in seed..<seed + UInt64(count) {
            let report = trial.run(seed: seed)
            machines += report.machines
            simulated += report.simulated
            if story { for line in report.log { print(line) } }
            guard !report.violations.isEmpty else { continue }
            failed += 1
            print("seed \(seed):\n  " + report.violations.joined(separator: "\n  "))
        }
        let seconds = (ContinuousClock.now - began).seconds
        let hours = Int(simulated.seconds / 3_600)
        print("\(count - failed) of \(count) trials passed: \(machines) machines, \(hours) hours in \(Int(seconds)) s")
        guard failed == 0 else { throw ExitCode(1) }
    }

    /// The order of sets and dictionaries is drawn anew for each process, unless this is in its environment when it begins.
    private static func beginWithoutChance() throws {
        let variable = "SWIFT_DETERMINISTIC_HASHING"
        guard getenv(variable) == nil else { return }
        setenv(variable, "1", 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        throw ValidationError("the program cannot be started anew: \(String(cString: strerror(errno)))")
    }
}
