import ArgumentParser
import ShopAPI

/// `vmshop plant`.
struct PlantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plant",
        abstract: "Look at the plants, and take them out of service and back.",
        subcommands: [
            PlantList.self, PlantShow.self, PlantCordon.self, PlantDrain.self, PlantUncordon.self, PlantRemove.self,
        ],
        defaultSubcommand: PlantList.self
    )
}

/// `vmshop plant list`.
struct PlantList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the plants and how each stands; those that do not answer with the reason."
    )

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let plants = try await service.withClient { try await $0.plants() }
        try output.print(plants, root: "plants") { text(plants) }
    }

    private func text(_ plants: [PlantStatus]) -> String {
        guard !plants.isEmpty else { return "no plants: the shop's list is empty" }
        var table = Table(
            "plant",
            "url",
            "state",
            "machines",
            "kept",
            "memory",
            "processors",
            "spares",
            "free addresses",
            "domain type",
            "remark"
        )
        for plant in plants {
            let status = plant.status
            let cordon = status?.details["cordon"]
            let ready = cordon == nil ? "ready" : "cordoned"
            let state = status.map { $0.isReady ? ready : "not ready" } ?? "silent"
            let joined = plant.hasJoined == true ? "joined by itself" : nil
            let problems = plant.problem.map { [$0] } ?? status?.problems ?? []
            let remark = (problems + [cordon, joined].compactMap(\.self)).joined(separator: "; ")
            table.add(
                status?.name ?? "-",
                plant.url,
                state,
                status.map { String($0.machines) } ?? "-",
                status?.details["reservations"] ?? "-",
                status?.details["memory"] ?? "-",
                status?.details["cpus"] ?? "-",
                status?.details["spares"] ?? "-",
                status?.details["freeAddresses"] ?? "-",
                status?.details["domainType"] ?? "-",
                remark
            )
        }
        return table.text
    }
}
