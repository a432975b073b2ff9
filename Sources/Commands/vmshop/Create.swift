import ArgumentParser
import CostModel
import ShopAPI

/// `vmshop create`.
struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create a machine and show its progress, action by action.",
        discussion: """
            Progress goes to standard error, the machine to standard output. Repeating the command with the same --id and \
            the same document is safe: it finds the machine of the first time. Interrupting the command does not \
            interrupt the creation; `vmshop collect` does.
            """
    )

    @OptionGroup var placement: PlacementOptions

    @Flag(inversion: .prefixedNo, help: "Wait until the machine is ready or has failed.")
    var wait = true

    @Flag(name: [.customShort("q"), .long], help: "Show no progress.")
    var quiet = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(placement.file)
        let id = placement.id ?? .new()
        try await service.withClient { client in
            var machine = try await client.create(id, document, options: CreateOptions(policy: placement.policy))
            if !quiet { Terminal.note("machine \(id) (`vmshop collect \(id)` destroys it)") }
            if wait { machine = try await Progress(client: client, id: id, isQuiet: quiet).follow() }
            try output.print(machine, root: "machine") { MachineText.whole(machine) }
            try Self.check(machine)
        }
    }

    /// - Throws: The machine's error, so that the exit code tells.
    static func check(_ machine: Machine) throws {
        guard machine.state == .failed else { return }
        throw ExitCode(machine.error?.code.exitCode ?? 1)
    }
}
