import ArgumentParser
import Warehouse

/// `vmshop image remove`.
struct ImageRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove an image; refused while machines stand on it.",
        discussion: """
            The shop is asked which machines do, and plants have noted theirs in the warehouse. --force does not ask, and \
            believes no notes: disks of machines may lose what they stand on.
            """
    )

    @Argument(help: "The image's name.")
    var name: String

    @Flag(help: "Remove it whatever stands on it, but for other images.")
    var force = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var warehouse: WarehouseOptions

    func run() async throws {
        let isThere = try await warehouse.withExistingWarehouse { try await $0.images().contains { $0.name == name } }
        // Asked here once, so that a shop that cannot be asked has its own exit code; the warehouse asks when it counts. Of
        // an image that is not there the warehouse says so.
        if !force, isThere { _ = try await ImageUsers.machines(on: name, service) }
        let users: Warehouse.UseCheck = { [force, service] name in
            force ? [] : try await ImageUsers.machines(on: name, service)
        }
        try await warehouse.withExistingWarehouse(inUse: users) {
            try await $0.remove(name, despiteHolders: force)
        }
        Terminal.write("removed \(name)")
    }
}
