package import GRDB
package import Logging
import MachineBook
package import ShopAPI

/// Shops of a simulated site: the same shops, without a server, and with a book in memory that outlives them.
extension ShopService {
    /// A new book in memory.
    ///
    /// - Throws: What SQLite says.
    package static func bookInMemory() throws -> any DatabaseWriter { try ShopDatabase.inMemory() }

    /// A shop of a simulated site.
    ///
    /// - Parameters:
    ///   - settings: Its settings.
    ///   - book: Its book, new or of the process before.
    ///   - network: How it reaches its plants.
    ///   - logger: Where it says what it does.
    /// - Returns: The shop; ``keepUp()`` is still to be run.
    /// - Throws: What SQLite says; ``SettingsError``.
    package static func simulated(
        _ settings: ShopSettings,
        book: any DatabaseWriter,
        network: any PlantNetwork,
        logger: Logger
    ) throws -> ShopService {
        try ShopService(settings, PlantList(try PlantAddresses.load(settings)), nil, book, network, nil, logger)
    }

    /// Does what a shop does besides answering, until the task is cancelled or the process is dead.
    package func keepUp() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [shop] in try? await Upkeep(shop: shop).run() }
            group.addTask { [shop] in try? await Subscriptions(shop: shop.parts).run() }
        }
    }

    /// Whether the shop has a machine that it is still to bring to a plant, or on which it follows a further graph, or a gang that is
    /// neither whole nor gone.
    package var isUnsettled: Bool {
        get async throws {
            let records = try await shop.parts.machines.records(in: [.placing, .creating, .configuring])
            let gangs = try await shop.parts.gangs.gangs(in: [.placing, .creating, .collecting])
            return records.contains { !$0.isAdopted } || !gangs.isEmpty
        }
    }

    /// What the shop owes to plants: the collections that are not paid.
    package var debts: [String: [MachineID]] { get async throws { try await shop.parts.owed.all() } }
}
