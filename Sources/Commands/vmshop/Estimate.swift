public import ArgumentParser
public import CostModel
import ShopAPI

extension CostPolicy: ExpressibleByArgument {}

/// `vmshop estimate`.
struct EstimateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate",
        abstract:
            "Ask what a machine would cost, without making it: all bids with their terms, all refusals with their reasons."
    )

    @Argument(help: "The request document; - is standard input.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "How plants price: " + CostPolicy.allCases.map { "\($0.rawValue) (\($0.summary))" }.joined(separator: "; ")
                + "."
        )
    )
    var policy: CostPolicy?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        let estimate = try await service.withClient { try await $0.estimate(document, policy: policy) }
        try output.print(estimate, root: "estimate") { EstimateText.whole(estimate) }
        guard !estimate.bids.isEmpty else { throw ExitCode(75) }
    }
}
