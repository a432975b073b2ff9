import ArgumentParser
import ShopAPI

/// `vmshop configure`.
struct Configure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply a further graph to a ready machine: only the actions it lacks run.",
        discussion: """
            If an action fails the machine stays as it is, with the reason; what was applied is not taken back. \
            (The servers' own configuration is written by `vmshop-server configure` and `vmplant-server configure`.)
            """
    )

    @Argument(help: "The machine: its id, the beginning of it, or its name.")
    var machine: String

    @Argument(help: "The request document with the graph; - is standard input.")
    var file: String

    @Flag(name: [.customShort("q"), .long], help: "Show no progress.")
    var quiet = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        try await service.withClient { client in
            let id = try await MachineReference(word: machine).id(at: client)
            let seen = try await lastEvent(id, client)
            _ = try await client.configure(id, document)
            let machine = try await Progress(client: client, id: id, isQuiet: quiet).follow(after: seen)
            try output.print(machine, root: "machine") { MachineText.whole(machine) }
            if let error = machine.error { throw ExitCode(error.code.exitCode) }
        }
    }

    private func lastEvent(_ id: MachineID, _ client: MachineClient) async throws -> Int {
        var last = 0
        while let newest = try await client.events(of: id, after: last, wait: .zero).events.last {
            last = newest.sequence
        }
        return last
    }
}
