import ArgumentParser
import ServerCommands

/// `vmplant-server`: the plant.
@main
struct VMPlantServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vmplant-server",
        abstract: "The plant: makes, configures and collects machines on this hypervisor host.",
        version: ServerCommands.version,
        subcommands: [ServePlant.self, ConfigurePlant.self, AddressesCommand.self],
        defaultSubcommand: ServePlant.self
    )
}
