import ArgumentParser
import CostModel
import ShopAPI

/// `vmshop plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show how each plant would make a machine: image, steps done and left, how long each takes and why.",
        discussion: """
            Nothing is made. With --why-not IMAGE it is said of every step that made the image whether the request has it, \
            and in what they differ if it is almost the same.
            """
    )

    @Argument(help: "The request document; - is standard input.")
    var file: String

    @Option(
        help: "How plants price; the plans are the same (`vmshop estimate --help` has the policies).",
        transform: CostPolicy.written
    )
    var policy: CostPolicy?

    @Option(help: ArgumentHelp("Say what stops this image, or which one is better.", valueName: "image"))
    var whyNot: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        if let whyNot {
            let said = try await service.withClient { try await $0.explain(document, image: whyNot) }
            return try output.print(said, root: "explanation") { VerdictText.whole(said) }
        }
        let estimate = try await service.withClient { try await $0.estimate(document, policy: policy) }
        try output.print(estimate, root: "estimate") { PlanText.whole(estimate) }
        guard !estimate.bids.isEmpty else { throw ExitCode(75) }
    }
}
