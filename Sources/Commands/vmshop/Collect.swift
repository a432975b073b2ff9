import ArgumentParser
import ClassAds
import ShopAPI

/// `vmshop collect`.
struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Destroy machines and give back everything they held.",
        discussion: "Collecting a machine that was collected already is not an error."
    )

    @Argument(help: "The machines: ids, beginnings of ids, or names.")
    var machines: [String] = []

    @Option(help: "Also every machine that matches this query.")
    var matching: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !machines.isEmpty || matching != nil else { throw ValidationError("name a machine, or say --matching QUERY") }
    }

    func run() async throws {
        try await service.withClient { client in
            let ids = try await ids(client)
            var collected: [Machine] = []
            for id in ids { collected.append(try await client.with(deadline: .seconds(90)).collect(id)) }
            try output.print(collected, root: "machines") {
                collected.isEmpty ? "no machines" : collected.map { "\($0.id) \($0.state.rawValue)" }.joined(separator: "\n")
            }
        }
    }

    private func ids(_ client: MachineClient) async throws -> [MachineID] {
        var ids: [MachineID] = []
        for word in machines { ids.append(try await MachineReference(word: word).id(at: client)) }
        if let matching {
            let query: Query
            do {
                query = try Query(parsing: matching)
            } catch {
                throw CommandFailure(message: "--matching cannot be read: \(error)", exitCode: 64)
            }
            ids += try await client.machines(matching: query, includeGone: false).map(\.id).filter { !ids.contains($0) }
        }
        return ids
    }
}
