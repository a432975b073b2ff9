import ArgumentParser
import DAGModel
import ShopAPI

/// `vmshop validate`.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check request documents; every mistake is shown with its line and column.",
        discussion: "Needs no shop. Exits with 65 when a document has a mistake."
    )

    @Argument(help: "Request documents; - is standard input.")
    var files: [String]

    @Flag(help: "Print the canonical form of a valid document.")
    var canonical = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let results = try files.map(Self.check)
        try output.print(results, root: "validations") { text(results) }
        guard results.allSatisfy(\.isValid) else { throw ExitCode(65) }
    }

    /// What was found in one document.
    struct Result: Encodable {
        var file: String
        var isValid: Bool
        var digest: String?
        var actions: Int?
        var order: [String]?
        var diagnostics: [RequestDiagnostic]
        var canonicalXML: String?
    }

    private static func check(_ file: String) throws -> Result {
        let bytes = try DocumentFile.read(file)
        do {
            let request = try RequestParser().parse(bytes)
            let order = request.graph.order().map(\.id)
            return Result(
                file: file,
                isValid: true,
                digest: request.digest,
                actions: order.count,
                order: order,
                diagnostics: [],
                canonicalXML: request.canonicalXML
            )
        } catch {
            return Result(file: file, isValid: false, diagnostics: error.diagnostics)
        }
    }

    private func text(_ results: [Result]) -> String {
        results.map { result in
            guard result.isValid else {
                return result.diagnostics.map { "\(result.file):\($0)" }.joined(separator: "\n")
            }
            if canonical { return result.canonicalXML ?? "" }
            let count = result.actions ?? 0
            let order =
                count == 0
                ? "a bare clone"
                : "\(count) action\(count == 1 ? "" : "s"): " + (result.order ?? []).joined(separator: " → ")
            return "\(result.file): valid, \(order)"
        }.joined(separator: "\n")
    }
}
