import ArgumentParser
import CostModel
import ShopAPI

extension CostPolicy {
    /// The policy that is written on the command line.
    ///
    /// - Throws: A `ValidationError` for what is none.
    static func written(_ word: String) throws -> CostPolicy {
        guard let policy = CostPolicy(rawValue: word) else {
            throw ValidationError("a policy is \(form); not `\(word)`")
        }
        return policy
    }

    /// What each part of a policy says, for `--help`.
    static var list: String {
        let names = named.map { "\($0.text): \($0.summary)" }
        let parts = CostComponent.allCases.filter { part in !named.contains { $0.text == part.rawValue } }
            .map { "\($0.rawValue): \($0.summary)" }
        return (["Policies:"] + names + ["Further parts of sums:"] + parts).joined(separator: "\n  ")
            + "\nA sum has weights if need be: load+0.5*price, threshold:70+affinity"
    }
}

/// `vmshop estimate`.
struct EstimateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate",
        abstract:
            "Ask what a machine would cost, without making it: all bids with their terms, all refusals with their reasons.",
        discussion: CostPolicy.list
    )

    @Argument(help: "The request document; - is standard input.")
    var file: String

    @Option(help: "How plants price: a policy, or a sum of some (below).", transform: CostPolicy.written)
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
