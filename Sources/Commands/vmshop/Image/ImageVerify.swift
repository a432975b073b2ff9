import ArgumentParser
import Warehouse

/// `vmshop image verify`.
struct ImageVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the digests of images' files with their manifests.",
        discussion: "Exits with 65 when one differs, with 66 when there is none of a name."
    )

    @Argument(help: "Names of images; all when none is given.")
    var names: [String] = []

    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    /// What was found of one file.
    struct Finding: Encodable {
        var image: String
        var file: String
        var path: String
        var problem: String?
        /// Whether there is no such image at all.
        var isMissing = false

        private enum CodingKeys: CodingKey { case image, file, path, problem }
    }

    func run() async throws {
        let findings = try await warehouse.withExistingWarehouse { warehouse in
            var findings: [Finding] = []
            for name in names.isEmpty ? try await warehouse.images().map(\.name) : names {
                findings += await verify(name, warehouse)
            }
            return findings
        }
        try output.print(findings, root: "findings") { text(findings) }
        if findings.contains(where: \.isMissing) { throw ExitCode(66) }
        guard findings.allSatisfy({ $0.problem == nil }) else { throw ExitCode(65) }
    }

    private func verify(_ name: String, _ warehouse: Warehouse) async -> [Finding] {
        do throws(WarehouseError) {
            let progress = FileProgress.handler(quiet: output.output != .table)
            return try await warehouse.verify(name, progress: progress).files.map { file in
                Finding(image: name, file: file.role.rawValue, path: file.path, problem: file.difference)
            }
        } catch {
            let isMissing = error.code == .notFound
            return [Finding(image: name, file: "manifest", path: "-", problem: error.message, isMissing: isMissing)]
        }
    }

    private func text(_ findings: [Finding]) -> String {
        guard !findings.isEmpty else { return "no images" }
        var table = Table("image", "file", "result")
        for finding in findings { table.add(finding.image, finding.file, finding.problem ?? "intact") }
        return table.text
    }
}
