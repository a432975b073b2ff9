import ArgumentParser
import ClassAds
import ShopAPI

/// `vmshop plant cordon`.
struct PlantCordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cordon",
        abstract: "Have a plant take no new machines, for all its shops, until it is uncordoned."
    )

    @Argument(help: "The plant's name.")
    var plant: String

    @Option(help: "Why, for those who are refused.")
    var reason: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await service.withClient { try await $0.cordon(plant, reason: reason) }
        try output.print(status, root: "status") {
            "\(status.name) takes no new machines; \(status.machines) are there"
        }
    }
}

/// `vmshop plant uncordon`.
struct PlantUncordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uncordon",
        abstract: "Have a plant take machines again."
    )

    @Argument(help: "The plant's name.")
    var plant: String

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await service.withClient { try await $0.uncordon(plant) }
        try output.print(status, root: "status") { "\(status.name) takes machines" }
    }
}

/// `vmshop plant drain`.
struct PlantDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Cordon a plant and wait until it has no machines any more.",
        discussion: """
            Machines end when they are collected. With --collect they are collected now, whoever they belong to. Interrupting \
            the command leaves the plant cordoned.
            """
    )

    @Argument(help: "The plant's name.")
    var plant: String

    @Option(help: "Why, for those who are refused.")
    var reason: String?

    @Flag(help: "Collect the machines that are there.")
    var collect = false

    @Option(help: ArgumentHelp("Give up after so many seconds; the plant stays cordoned.", valueName: "seconds"))
    var timeout: Double?

    @OptionGroup var service: ServiceOptions

    private static let pause = Duration.seconds(1)

    func validate() throws {
        if let timeout, !(0...1e9).contains(timeout) { throw ValidationError("--timeout wants seconds, 0 or more") }
    }

    func run() async throws {
        try await service.withClient { client in
            let end = timeout.map { ContinuousClock.now + .seconds($0) }
            var last: Int?
            while true {
                let left = try await client.cordon(plant, reason: reason).machines
                if left != last { Terminal.note(left == 0 ? "\(plant) is empty" : "\(plant) has \(left) machines") }
                guard left > 0 else { return }
                if collect, last == nil { try await collectAll(client) }
                last = left
                if let end, .now >= end {
                    throw CommandFailure(
                        message: "\(plant) still has \(left) machines; it stays cordoned",
                        exitCode: 75
                    )
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func collectAll(_ client: MachineClient) async throws {
        // The name was good enough for the service, so it has no quotes in it.
        let query = try Query(parsing: "Plant == \"\(plant)\"")
        for machine in try await client.machines(matching: query, includeGone: false)
        where machine.plant == plant {
            _ = try await client.collect(machine.id)
            Terminal.note("\(machine.id) collected")
        }
    }
}
