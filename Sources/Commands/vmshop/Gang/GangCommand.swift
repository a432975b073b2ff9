import ArgumentParser
import CostModel
import ShopAPI

/// `vmshop gang`.
struct GangCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gang",
        abstract: "Machines of one request that are placed all or none.",
        discussion: """
            Each machine of a gang is kept a place at a plant first; only when all have one are they made. When one cannot be \
            made in the end, the others are collected. Once a gang is ready its machines are like any others.
            """,
        subcommands: [GangCreate.self, GangList.self, GangShow.self, GangCollect.self],
        defaultSubcommand: GangList.self
    )
}

/// `vmshop gang create`.
struct GangCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a number of machines, all or none.",
        discussion: """
            Repeating the command with the same --id, document and --count is safe: it finds the gang of the first time. \
            Interrupting the command does not interrupt the creation; `vmshop gang collect` does.
            """
    )

    @Option(name: [.customShort("n"), .long], help: "How many machines.")
    var count: Int

    @OptionGroup var placement: PlacementOptions

    @Flag(inversion: .prefixedNo, help: "Wait until all machines are ready or the gang has failed.")
    var wait = true

    @Flag(name: [.customShort("q"), .long], help: "Show no progress.")
    var quiet = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard count >= 1 else { throw ValidationError("--count takes a number from 1") }
    }

    func run() async throws {
        let document = try DocumentFile.read(placement.file)
        let id = placement.id ?? .new()
        try await service.withClient { client in
            let options = CreateOptions(policy: placement.policy)
            var gang = try await client.createGang(id, document, count: count, options: options)
            if !quiet { Terminal.note("gang \(id) (`vmshop gang collect \(id)` destroys it)") }
            if wait { gang = try await GangProgress(client: client, isQuiet: quiet).follow(gang) }
            try await GangText.print(gang, client, output)
            guard gang.state == .failed else { return }
            throw ExitCode(gang.error?.code.exitCode ?? 1)
        }
    }
}

/// `vmshop gang list`.
struct GangList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the gangs there are.")

    @Flag(name: [.customShort("a"), .long], help: "Also those that failed or were collected.")
    var all = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let gangs = try await service.withClient { try await $0.gangs(includeGone: all) }
        try output.print(gangs, root: "gangs") { GangText.list(gangs) }
    }
}

/// `vmshop gang show`.
struct GangShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a gang and its machines.")

    @Argument(help: "The gang: its id.", transform: MachineID.written)
    var gang: MachineID

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await service.withClient { client in
            try await GangText.print(try await client.gang(gang), client, output)
        }
    }
}

/// `vmshop gang collect`.
struct GangCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Destroy all machines of gangs.",
        discussion: "Collecting a gang that was collected already is not an error."
    )

    @Argument(help: "The gangs: their ids.", transform: MachineID.written)
    var gangs: [MachineID]

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await service.withClient { client in
            var collected: [Gang] = []
            for gang in gangs {
                collected.append(try await client.with(deadline: .seconds(300)).collectGang(gang))
            }
            try output.print(collected, root: "gangs") {
                collected.map { "\($0.id) \($0.state.rawValue)" }.joined(separator: "\n")
            }
        }
    }
}
