import ArgumentParser
import AsyncHTTPClient
import ShopAPI

/// `vmshop image fetch`.
struct ImageFetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Have a plant fetch an image from other plants, ahead of time.",
        discussion: """
            --url is the plant's, or that of a shop with --plant. The plant asks the sources of its setting \
            `warehouse.sources`. The command waits for the end; interrupted and given again, it goes on watching.
            """
    )

    @Argument(help: "The image's name.")
    var name: String

    @Option(help: "The plant's name, where --url is that of a shop.")
    var plant: String?

    @Flag(help: "Replace another version of that name; machines keep the version that they stand on.")
    var replace = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let url = try await service.withClient { try await address($0) }
        let last = try await service.withHTTP {
            try await follow(ImageClient(url: url, http: $0, deadline: .seconds(30)))
        }
        guard let problem = last.first(where: { $0.state == .failed })?.problem else {
            return try output.print(last, root: "transfers") { last.map(Self.text).joined(separator: "\n") }
        }
        throw CommandFailure(message: problem, exitCode: 1)
    }

    private func address(_ client: MachineClient) async throws -> String {
        guard let plant else { return client.url }
        let plants = try await client.plants()
        guard let found = plants.first(where: { $0.status?.name == plant }) else {
            throw CommandFailure(message: "\(client.url) knows no plant `\(plant)` that answers", exitCode: 66)
        }
        return found.url
    }

    private func follow(_ client: ImageClient) async throws -> [ImageTransfer] {
        while true {
            let transfers = try await client.fetch(name, replace: replace)
            guard transfers.contains(where: { $0.state == .fetching }) else { return transfers }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func text(_ transfer: ImageTransfer) -> String { "\(transfer.image) is at \(transfer.plant)" }
}
