import ArgumentParser
import ServerCommands

/// `vmshop-server`: the shop.
@main
struct VMShopServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vmshop-server",
        abstract: "The shop: asks the plants what a machine would cost and gives the work to the cheapest.",
        version: ServerCommands.version,
        subcommands: [ServeShop.self, ConfigureShop.self, Simulate.self, Trials.self],
        defaultSubcommand: ServeShop.self
    )
}
