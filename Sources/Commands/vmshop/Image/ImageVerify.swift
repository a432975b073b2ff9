import ArgumentParser
import Warehouse

/// `vmshop image verify`.
struct ImageVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the digests of images' files with their manifests.",
        discussion: "Exits with 65 when one differs."
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
    }

    func run() async throws {
        let findings = try await warehouse.withWarehouse { warehouse in
            var findings: [Finding] = []
            for name in names.isEmpty ? try await warehouse.images().map(\.name) : names {
                findings += await verify(name, warehouse)
            }
            return findings
        }
        try output.print(findings, root: "findings") { text(findings) }
        guard findings.allSatisfy({ $0.problem == nil }) else { throw ExitCode(65) }
    }

    private func verify(_ name: String, _ warehouse: Warehouse) async -> [Finding] {
        do throws(WarehouseError) {
            let progress = FileProgress.handler(quiet: output.output != .table)
            return try await warehouse.verify(name, progress: progress).files.map { file in
                Finding(image: name, file: file.role.rawValue, path: file.path, problem: file.difference)
            }
        } catch {
            return [Finding(image: name, file: "manifest", path: "-", problem: error.message)]
        }
    }

    private func text(_ findings: [Finding]) -> String {
        guard !findings.isEmpty else { return "no images" }
        var table = Table("image", "file", "result")
        for finding in findings { table.add(finding.image, finding.file, finding.problem ?? "intact") }
        return table.text
    }
}
