public import ArgumentParser
import CostModel
import FoundationEssentials
import ShopAPI
import VMShopSimulator

/// Runs a site of simulated plants and says what happened.
public struct Simulate: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run shops with simulated plants, and say how they placed machines.",
        discussion: """
            The shops are real, and so is the wire between clients, shops and plants; the plants have no hypervisor: they make \
            a machine by waiting. With one client the same seed places the same machines at the same plants. Exits with 1 when \
            something happened that must never happen.
            """
    )

    @Option(help: "What chance is drawn from.")
    var seed = 1

    @Option(help: "How many plants there are.")
    var plants = 100

    @Option(help: "How many shops place machines at them.")
    var shops = 1

    @Option(help: "How many machines are asked for.")
    var requests = 1_000

    @Option(help: "How many clients ask at the same time, each for the next machine when a plant has the one before.")
    var clients = 1

    @Flag(help: "Ask for all machines together, as one gang.")
    var gang = false

    @Option(help: "How many client domains they belong to.")
    var domains = 4

    @Option(help: "Machines that a plant has room for.")
    var room = 50

    @Option(help: "The policy to price by.")
    var policy = CostPolicy.vmplants2004.text

    @Option(help: "How shops come to bids: live (ask all plants), told (by what plants tell).")
    var bids = "told"

    @Option(help: "Seconds until a plant answers a call.")
    var answer = 0.0

    @Option(help: "Seconds that it takes to make a machine.")
    var making = 0.2

    @Option(help: "The part of creations that fail, 0.1 say.")
    var failing = 0.0

    @Option(help: "The part of creations that a plant refuses though it has room.")
    var refusing = 0.0

    @Option(help: "The part of plants that never answer.")
    var silent = 0.0

    @Flag(help: "Print JSON.")
    var json = false

    /// The command as it is before its arguments are read.
    public init() {}

    /// Refuses what cannot be simulated.
    public func validate() throws {
        for (name, value, range) in [
            ("plants", plants, 1...2_000), ("shops", shops, 1...16), ("requests", requests, 1...1_000_000),
            ("clients", clients, 1...1_000), ("domains", domains, 1...1_000), ("room", room, 1...100_000),
        ] where !range.contains(value) {
            throw ValidationError("--\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        for (name, value) in [("failing", failing), ("refusing", refusing), ("silent", silent)]
        where !(0...1).contains(value) {
            throw ValidationError("--\(name) must be from 0 to 1")
        }
        for (name, value) in [("answer", answer), ("making", making)] where !(0...3_600).contains(value) {
            throw ValidationError("--\(name) must be from 0 to 3600")
        }
        guard ["live", "told"].contains(bids) else { throw ValidationError("--bids must be live or told") }
        guard CostPolicy(rawValue: policy) != nil else { throw ValidationError("--policy must be \(CostPolicy.form)") }
    }

    /// Does it.
    public func run() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/vmshop-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let report = try await Simulation(options).run(in: directory)
        print(json ? try WireCoding.text(report, pretty: true) : Self.text(report))
        guard report.violations.isEmpty else { throw ExitCode(1) }
    }

    private var options: SimulationOptions {
        var options = SimulationOptions()
        (options.seed, options.plants, options.shops, options.requests) = (seed, plants, shops, requests)
        (options.clients, options.domains, options.room, options.bids) = (clients, domains, room, bids)
        (options.answer, options.making, options.failing) = (answer, making, failing)
        (options.refusing, options.silent, options.isGang) = (refusing, silent, gang)
        options.policy = CostPolicy(rawValue: policy) ?? options.policy
        return options
    }

    private static func text(_ report: SimulationReport) -> String {
        func number(_ value: Double) -> String {
            let hundredths = Int((value * 100).rounded())
            return "\(hundredths / 100)." + String(hundredths % 100 + 100).dropFirst()
        }
        let lines = [
            ("placed", "\(report.placed) of \(report.placed + report.failed)"),
            ("in", "\(number(report.seconds)) s, \(number(report.rate)) a second"),
            ("until claimed", "\(number(report.median)) ms; 99 of 100 within \(number(report.ninetyNinth)) ms"),
            ("calls to plants", "\(number(report.callsEach)) a machine, \(number(report.refusalsEach)) refused"),
            ("at one plant", "\(report.fewest) to \(report.most) machines"),
            ("fingerprint", report.fingerprint),
            ("violations", report.violations.isEmpty ? "none" : report.violations.joined(separator: "\n")),
        ]
        return lines.map { $0.0.padding(toLength: 16) + $0.1 }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padding(toLength length: Int) -> String {
        self + String(repeating: " ", count: max(1, length - count))
    }
}
