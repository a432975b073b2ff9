import ArgumentParser
import ShopAPI

/// `vmshop explain`.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how a machine came to its plant: all bids with their terms, all refusals, and what came of each."
    )

    @Argument(help: "The machine: its id, the beginning of it, or its name.")
    var machine: String

    @Option(help: ArgumentHelp("Say why this plant did not get it.", valueName: "plant"))
    var whyNot: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await service.withClient { client in
            try await client.placement(of: MachineReference(word: machine).id(at: client))
        }
        guard let whyNot else { return try output.print(report, root: "placement") { PlacementText.whole(report) } }
        let answer = WhyNot(machine: report.machine, plant: whyNot, reasons: report.whyNot(whyNot))
        guard !answer.reasons.isEmpty else {
            let known = report.plants.isEmpty ? "no bids of it are kept here" : report.plants.joined(separator: ", ")
            throw CommandFailure(
                message: "`\(whyNot)` was not asked for \(report.machine); asked were: \(known)",
                exitCode: 66
            )
        }
        try output.print(answer, root: "answer") { answer.reasons.joined(separator: "\n") }
    }

    /// Why a plant did not get a machine.
    struct WhyNot: Encodable {
        var machine: MachineID
        var plant: String
        var reasons: [String]
    }
}
