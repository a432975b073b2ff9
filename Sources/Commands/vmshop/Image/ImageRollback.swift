import ArgumentParser
import Warehouse

/// `vmshop image rollback`.
struct ImageRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Let a name mean an older version again: the undo of `publish --replace`.",
        discussion: "`vmshop image tree` shows the versions that are left. The newer version stays until `image gc`."
    )

    @Argument(help: "The image's name.")
    var name: String

    @Option(help: "The version's digest or its first digits (default: the newest of the older ones).")
    var to: String?

    @OptionGroup var warehouse: WarehouseOptions

    func run() async throws {
        let version = try await warehouse.withExistingWarehouse { try await $0.rollBack(name, to: to) }
        Terminal.write("\(name) is \(version) again")
    }
}
