import ArgumentParser
import DAGModel
import Warehouse

/// `vmshop image gc`.
struct ImageGarbage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove what nothing needs, the longest unused first, and say what and why.",
        discussion: """
            Versions that were replaced go when no machine and no image stands on them; so do images that a plant kept by \
            itself, when they were not used for a time or take too much room. What an installer published never goes by \
            itself. The shop is asked which machines there are, and plants note theirs in the warehouse. Each removal is \
            also written into images/.removed.log.
            """
    )

    @Flag(help: "Say what would go, and do nothing.")
    var dryRun = false

    @Option(help: "The time without use after which an image that a plant kept by itself goes, 30d say.")
    var olderThan = "30d"

    @Flag(help: "Treat images that requests asked for (checkpoint=\"yes\") like those that a plant kept by itself.")
    var checkpoints = false

    @Option(help: "The most that such images may take together, 10GiB say.")
    var keep: String?

    @Flag(help: "Do not ask the shop; what plants have noted in the warehouse counts all the same.")
    var force = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    /// What becomes of one version.
    struct Entry: Encodable {
        var image: String
        var digest: String
        var bytes: Int
        var outcome: String
        var reason: String
    }

    func run() async throws {
        let policy = try policy()
        let uses: @Sendable () async throws -> [ImageUse] = { [force, service] in
            force ? [] : try await ImageUsers.all(service)
        }
        let entries = try await warehouse.withExistingWarehouse(inUse: { name in
            try await uses().filter { $0.image == name }.map(\.machine)
        }) { warehouse in
            let plan = try await warehouse.garbage(uses: try await uses(), policy: policy)
            let done = dryRun ? nil : try await warehouse.collect(plan, uses: uses)
            return plan.decisions.map { entry($0, done) }
        }
        try output.print(entries, root: "versions") { text(entries) }
    }

    private func policy() throws -> GarbagePolicy {
        guard let age = DurationText.duration(olderThan) else {
            throw ValidationError("--older-than wants a time such as 30d or 12h, not `\(olderThan)`")
        }
        let budget = try keep.map { text in
            guard let bytes = ByteCount(text) else {
                throw ValidationError("--keep wants a size such as 10GiB, not `\(text)`")
            }
            return bytes.bytes
        }
        return GarbagePolicy(
            automaticAge: Double(age.components.seconds),
            includesCheckpoints: checkpoints,
            budget: budget
        )
    }

    private func entry(_ decision: GarbagePlan.Decision, _ done: [ImageReference: String?]?) -> Entry {
        let version = decision.version.reference
        var outcome = decision.isRemoved ? "would go" : "stays"
        var reason = decision.reason
        if decision.isRemoved, let result = done?[version] {
            outcome = result == nil ? "removed" : "stays"
            reason = result ?? reason
        }
        return Entry(
            image: version.name,
            digest: version.digest,
            bytes: decision.version.bytes,
            outcome: outcome,
            reason: reason
        )
    }

    private func text(_ entries: [Entry]) -> String {
        guard !entries.isEmpty else { return "no images" }
        var table = Table("version", "size", "outcome", "why")
        for entry in entries {
            let version = ImageReference(name: entry.image, digest: entry.digest)
            table.add(version.description, SizeText.rounded(entry.bytes), entry.outcome, entry.reason)
        }
        let gone = entries.filter { $0.outcome == "removed" || $0.outcome == "would go" }
        let bytes = SizeText.rounded(gone.reduce(0) { $0 + $1.bytes })
        return table.text
            + "\n\n\(gone.count) of \(entries.count) versions \(dryRun ? "would go" : "removed"), \(bytes)"
    }
}
