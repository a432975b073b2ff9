import ArgumentParser
import ShopAPI

/// `vmshop plant show`.
struct PlantShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all that a plant says of itself; its attributes are what requests may require."
    )

    @Argument(help: "The plant's name.")
    var plant: String

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let plants = try await service.withClient { try await $0.plants() }
        guard let found = plants.first(where: { $0.status?.name == plant }) else { throw unknown(among: plants) }
        try output.print(found, root: "plant") { text(found) }
    }

    private func unknown(among plants: [PlantStatus]) -> ServiceError {
        let silent = plants.filter { $0.status == nil }.map(\.url)
        let names = plants.compactMap { $0.status?.name }.joined(separator: ", ")
        return ServiceError(
            .plantUnknown,
            "no plant that answers is called \(plant)"
                + (silent.isEmpty ? "" : "; silent: \(silent.joined(separator: ", "))"),
            hint: names.isEmpty ? nil : "these answer: \(names)"
        )
    }

    private func text(_ plant: PlantStatus) -> String {
        var table = Table("what", "value")
        table.add("url", plant.url)
        guard let status = plant.status else { return table.text }
        table.add("ready", status.isReady ? "yes" : "no")
        for problem in status.problems { table.add("problem", problem) }
        table.add("version", status.version)
        table.add("machines", String(status.machines))
        for (name, value) in status.details.sorted(by: { $0.key < $1.key }) { table.add(name, value) }
        return table.text
    }
}
