import ArgumentParser
import ShopAPI

/// `vmshop plant remove`.
struct PlantRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a plant that joined by itself off the shop's list.",
        discussion: """
            Its machines stay, and the shop still answers for them. A plant that runs joins again within seconds: stop it before, or take \
            the shop out of its shops.addresses.
            """
    )

    @Argument(help: "The plant's name.")
    var plant: String

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let entry = try await service.withClient { try await $0.dismiss(plant) }
        try output.print(entry, root: "plant") { "\(plant), \(entry.url), is not in the list any more" }
    }
}
