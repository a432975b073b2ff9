import ArgumentParser
import DAGModel
import ShopAPI

/// `vmshop dag`: what can be seen of a request without making anything.
struct DAGCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dag",
        abstract: "Look at the graph of a request.",
        subcommands: [GraphCommand.self]
    )
}

/// `vmshop dag graph`.
struct GraphCommand: AsyncParsableCommand {
    /// The languages of pictures.
    enum Language: String, CaseIterable, ExpressibleByArgument {
        case svg, dot
    }

    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draw a request's graph; with --plan, what the chosen image has done already is marked.",
        discussion:
            "vmshop dag graph request.xml > request.svg; vmshop dag graph request.xml -o dot | dot -Tpng > request.png"
    )

    @Argument(help: "The request document; - is standard input.")
    var file: String

    @Option(name: [.customShort("o"), .customLong("output")], help: "svg, or dot for Graphviz.")
    var language = Language.svg

    @Flag(help: "Ask the service which image it would take, and mark the actions that need not be run.")
    var plan = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        let request = try Self.parse(document, file)
        let picture = plan ? try await planned(request, document) : GraphPicture(request)
        switch language {
        case .svg: Terminal.write(GraphSVG(picture).text, as: .xml)
        case .dot: Terminal.write(GraphDOT.text(of: picture))
        }
    }

    private static func parse(_ document: [UInt8], _ file: String) throws -> Request {
        do {
            return try RequestParser().parse(document)
        } catch {
            let lines = error.diagnostics.map { "\(file):\($0)" }
            throw CommandFailure(message: lines.joined(separator: "\n"), exitCode: 65)
        }
    }

    private func planned(_ request: Request, _ document: [UInt8]) async throws -> GraphPicture {
        let estimate = try await service.withClient { try await $0.estimate(document, policy: nil) }
        guard let bid = estimate.bids.first else {
            let reasons = estimate.refusals.map { "\($0.plant): " + $0.reasons.joined(separator: "; ") }
            throw CommandFailure(message: "no plant bids\n" + reasons.joined(separator: "\n"), exitCode: 75)
        }
        return GraphPicture(request, reused: Set(bid.plan.reused), image: bid.plan.image)
    }
}
