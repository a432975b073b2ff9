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
        guard seed <= .max - UInt64(count) else {
            throw ValidationError("--seed and --count lead beyond the last seed")
        }
    }

    /// Does it.
    public func run() async throws {
        try Self.beginWithoutChance()
        let trial = try await Trial()
        let began = ContinuousClock.now
        var (failed, machines, made, simulated) = (0, 0, 0, Duration.zero)
        var progress = Progress(of: count)
        for seed in seed..<seed + UInt64(count) {
            progress.advance(failed)
            let report = trial.run(seed: seed)
            machines += report.machines
            made += report.made
            simulated += report.simulated
            if story { for line in report.log { print(line) } }
            guard !report.violations.isEmpty else { continue }
            failed += 1
            print("seed \(seed):\n  " + report.violations.joined(separator: "\n  "))
        }
        let seconds = (ContinuousClock.now - began).seconds
        let hours = Int(simulated.seconds / 3_600)
        let outcome = "\(made) of \(machines) machines made, \(hours) hours in \(Int(seconds)) s"
        print("\(count - failed) of \(count) trials passed: \(outcome)")
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

/// Says now and then, on a terminal, how far it is.
private struct Progress {
    private let total: Int
    private var done = -1
    private var said = ContinuousClock.now
    private let isShown = isatty(STDERR_FILENO) == 1

    init(of total: Int) { self.total = total }

    /// Another one begins.
    mutating func advance(_ failed: Int) {
        done += 1
        guard isShown, .now - said > .seconds(1) else { return }
        said = .now
        let text = Array("\r\(done) of \(total), \(failed) failed ".utf8)
        _ = write(STDERR_FILENO, text, text.count)
    }
}
