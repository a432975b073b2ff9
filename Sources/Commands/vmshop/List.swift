import ArgumentParser
import ClassAds
import ShopAPI

/// `vmshop list`.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the machines there are.")

    @Flag(name: [.customShort("a"), .long], help: "Also those that failed or were collected.")
    var all = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let machines = try await service.withClient { try await $0.machines(matching: nil, includeGone: all) }
        try output.print(machines, root: "machines") { MachineText.list(machines) }
    }
}

/// `vmshop query`.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Find machines by their attributes.",
        discussion: """
            Comparisons (== != < <= > >=) of attributes with values, joined by && and ||, negated by !, grouped by \
            parentheses. Strings are in double quotes and compared without regard to case. A machine that lacks an \
            attribute does not match a comparison with it.

            Example: vmshop query 'Memory >= 256 && Owner == "alice" && State == "ready"'
            """
    )

    @Argument(help: "The expression.")
    var expression: String

    @Flag(name: [.customShort("a"), .long], help: "Also machines that failed or were collected.")
    var all = false

    @Option(name: [.customShort("s"), .long], help: "Attributes to show as columns, separated by commas.")
    var show: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let query: Query
        do {
            query = try Query(parsing: expression)
        } catch {
            throw CommandFailure(message: pointing(at: error), exitCode: 64)
        }
        let machines = try await service.withClient { try await $0.machines(matching: query, includeGone: all) }
        try output.print(machines, root: "machines") { text(machines) }
    }

    private func pointing(at error: QueryError) -> String {
        "the query cannot be read: \(error.message)\n  \(expression)\n  "
            + String(repeating: " ", count: max(0, error.column - 1)) + "^"
    }

    private func text(_ machines: [Machine]) -> String {
        guard let show else { return MachineText.list(machines) }
        let names = show.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        var table = Table("id", "attributes")
        for machine in machines {
            let values = names.map { name in "\(name)=\(machine.attributes[name]?.description ?? "undefined")" }
            table.add(machine.id.text, values.joined(separator: "  "))
        }
        return machines.isEmpty ? "no machines" : table.text
    }
}

/// `vmshop show`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a machine: state, actions with their output, attributes."
    )

    @Argument(help: "The machine: its id, the beginning of it, or its name.")
    var machine: String

    @Flag(help: "Also what happened to it, event by event.")
    var events = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await service.withClient { client in
            let id = try await MachineReference(word: machine).id(at: client)
            let machine = try await client.machine(id)
            guard events else { return try output.print(machine, root: "machine") { MachineText.whole(machine) } }
            let story = Story(machine: machine, events: try await history(id, client))
            try output.print(story, root: "story") {
                MachineText.whole(machine) + "\n\n" + MachineText.events(story.events)
            }
        }
    }

    /// A machine and what happened to it.
    struct Story: Encodable {
        var machine: Machine
        var events: [MachineEvent]
    }

    private func history(_ id: MachineID, _ client: MachineClient) async throws -> [MachineEvent] {
        var events: [MachineEvent] = []
        while true {
            let page = try await client.events(of: id, after: events.last?.sequence ?? 0, wait: .zero).events
            guard !page.isEmpty else { return events }
            events += page
        }
    }
}
