import ArgumentParser
import DAGModel
import ShopAPI

/// `vmshop validate`.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check request documents; every mistake is shown with its line and column.",
        discussion: "Needs no shop. Exits with 65 when a document has a mistake, with 66 when one cannot be read."
    )

    @Argument(help: "Request documents; - is standard input.")
    var files: [String]

    @Flag(help: "Print the canonical form of a valid document.")
    var canonical = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let results = files.map(Self.check)
        switch output.output {
        case .table: results.forEach(show)
        case .json, .xml: try output.print(results, root: "validations") { "" }
        }
        if let code = results.compactMap(\.exitCode).max() { throw ExitCode(code) }
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
        /// Why the file could not be read.
        var problem: String?
        /// What the command ends with; nil when all is well.
        var exitCode: Int32?

        private enum CodingKeys: CodingKey {
            case file, isValid, digest, actions, order, diagnostics, canonicalXML, problem
        }
    }

    private static func check(_ file: String) -> Result {
        do {
            let request = try RequestParser().parse(DocumentFile.read(file))
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
        } catch let error as RequestError {
            return Result(file: file, isValid: false, diagnostics: error.diagnostics, exitCode: 65)
        } catch {
            let failure = error as? CommandFailure
            return Result(
                file: file,
                isValid: false,
                diagnostics: [],
                problem: failure?.message ?? "\(file): \(error)",
                exitCode: failure?.exitCode ?? 66
            )
        }
    }

    private func show(_ result: Result) {
        if let problem = result.problem { return Terminal.complain(problem) }
        guard result.isValid else {
            return Terminal.write(result.diagnostics.map { "\(result.file):\($0)" }.joined(separator: "\n"))
        }
        if canonical { return Terminal.write(result.canonicalXML ?? "", as: .xml) }
        let count = result.actions ?? 0
        let order =
            count == 0
            ? "a bare clone"
            : "\(count) action\(count == 1 ? "" : "s"): " + (result.order ?? []).joined(separator: " → ")
        Terminal.write("\(result.file): valid, \(order)")
    }
}
