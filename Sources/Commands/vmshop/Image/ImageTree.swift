import ArgumentParser
import FoundationEssentials
import Warehouse

/// `vmshop image tree`.
struct ImageTree: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree",
        abstract: "Show which images were made from which, all versions, and what each takes.",
        discussion: """
            An image stands below the version that it was made from. `*` marks versions that were replaced. Machines are \
            those that plants have noted in the warehouse.
            """
    )

    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    /// A version as it is listed.
    struct Entry: Encodable {
        var image: String
        var digest: String
        var parent: ImageReference?
        var standsOn: [ImageReference]
        var origin: String
        var isCurrent: Bool
        var bytes: Int
        var actions: Int
        var published: Date
        var lastUse: Date
        var machines: [ImageHolder]
    }

    func run() async throws {
        let versions = try await warehouse.withExistingWarehouse { try await $0.versions() }
        try output.print(versions.map(Entry.init), root: "versions") { text(versions) }
    }

    private func text(_ versions: [ImageVersion]) -> String {
        guard !versions.isEmpty else { return "no images" }
        var table = Table("image", "origin", "own size", "stands on", "actions", "published", "last use", "machines")
        for (version, stem) in ImageLineage(versions).lines {
            table.add(
                stem + version.reference.description + (version.isCurrent ? "" : " *"),
                version.manifest.origin?.rawValue ?? "installer",
                SizeText.rounded(version.bytes),
                version.standsOn.first?.description ?? "-",
                String(version.manifest.history.count),
                version.manifest.published.formatted(.iso8601),
                version.lastUse.formatted(.iso8601),
                String(version.holders.count)
            )
        }
        return table.text
    }
}

extension ImageTree.Entry {
    init(_ version: ImageVersion) {
        self.init(
            image: version.manifest.name,
            digest: version.reference.digest,
            parent: version.manifest.parent,
            standsOn: version.standsOn,
            origin: version.manifest.origin?.rawValue ?? "installer",
            isCurrent: version.isCurrent,
            bytes: version.bytes,
            actions: version.manifest.history.count,
            published: version.manifest.published,
            lastUse: version.lastUse,
            machines: version.holders
        )
    }
}

/// Versions in the order of a family tree, each with the lines that lead to it.
struct ImageLineage {
    /// The versions, each below the one that it was made from.
    private(set) var lines: [(version: ImageVersion, stem: String)] = []

    init(_ versions: [ImageVersion]) {
        let known = Set(versions.map(\.reference))
        // Two versions may be equal in content: the first stands for both.
        let children = Dictionary(grouping: versions) { version in
            version.manifest.parent.flatMap { known.contains($0) && $0 != version.reference ? $0 : nil }
        }
        var placed: Set<ImageVersion> = []
        func place(_ version: ImageVersion, _ stem: String, _ indent: String) {
            guard placed.insert(version).inserted else { return }
            lines.append((version, stem))
            let below = children[version.reference] ?? []
            for (index, child) in below.enumerated() {
                let isLast = index == below.count - 1
                place(child, indent + (isLast ? "└─ " : "├─ "), indent + (isLast ? "   " : "│  "))
            }
        }
        for root in children[nil] ?? [] { place(root, "", "") }
        // A circle has no root; a manifest that somebody wrote by hand may make one.
        for version in versions { place(version, "", "") }
    }
}
