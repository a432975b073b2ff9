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

    @Option(
        name: .customLong("what-if"),
        help: ArgumentHelp(
            "Suppose what is not so, without touching anything: \(Supposition.form). May be said more than once.",
            valueName: "supposition"
        ),
        transform: Supposition.written
    )
    var suppositions: [Supposition] = []

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        let (estimate, real) = try await service.withClient { client in
            let real = try await client.estimate(document, policy: policy)
            guard !suppositions.isEmpty else { return (real, nil as Estimate?) }
            return (try await client.suppose(suppositions, document, policy: policy), real)
        }
        try output.print(estimate, root: "estimate") {
            EstimateText.whole(estimate) + (real.map { "\n\n" + EstimateText.comparison(of: estimate, with: $0) } ?? "")
        }
        guard !estimate.bids.isEmpty else { throw ExitCode(75) }
    }
}

extension Supposition {
    /// The supposition that is written on the command line.
    ///
    /// - Throws: A `ValidationError` for what is none.
    static func written(_ word: String) throws -> Supposition {
        guard let supposition = Supposition(rawValue: word) else {
            throw ValidationError("a supposition is \(form); not `\(word)`")
        }
        return supposition
    }
}
