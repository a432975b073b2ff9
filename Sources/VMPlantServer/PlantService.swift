import DAGModel
import FoundationEssentials
import GRDB
import Hypervisor
import Libvirt
public import Logging
import MachineBook
import NFTables
import NetStore
import ServerSettings
import ServiceLifecycle
public import ShopAPI
import ShopHTTP
import Warehouse

/// A plant as a process: its parts put together, its HTTP server, its reconciler.
public struct PlantService: Sendable {
    let plant: Plant
    private let logger: Logger
    /// Held until the service has run.
    private let locks: [StateLock]
    /// What the plant shares with the shops that it joins, if it joins any.
    private let shopKey: SharedKey?

    /// The machine service itself.
    public var service: some MachineService { plant }

    /// Opens the plant's books and its hypervisor.
    ///
    /// - Throws: ``SettingsError`` where trying again does not help, or what cannot be opened.
    public static func open(_ settings: PlantSettings, logger: Logger) async throws -> PlantService {
        PlantMemory.limitArenas()
        let isJoining = !settings.shops.isEmpty
        let shopKey = try isJoining ? settings.shopKeyFile.map { try SharedKey(file: $0, setting: "shops.key") } : nil
        try await PlantDirectories(settings).make()
        let locks = try await PlantLocks(settings).take()
        let database = try PlantDatabase.open(path: settings.databasePath)
        return try settingChecked {
            // Connects at its first call, so that a plant comes up, and says what is wrong, also where libvirt is not
            // there.
            let connection = VirtConnection(uri: settings.hypervisorURI)
            let hypervisor = try Self.hypervisor(settings, connection)
            let warehouse = try Warehouse(
                directory: settings.warehouse,
                allowedRoots: settings.warehouseRoots,
                verifies: true,
                store: CatalogueFile(path: settings.stateDirectory + "/warehouse-index.sqlite")
            )
            let parts = try Self.parts(settings, database, connection, hypervisor, warehouse, logger)
            let planner = Planner(
                settings: settings,
                warehouse: warehouse,
                claims: parts.claims,
                space: FreeSpace(of: parts.host.disks, reserve: settings.diskReserve),
                hypervisor: hypervisor,
                durations: parts.durations,
                images: parts.images,
                pool: parts.pool
            )
            let plant = Plant(parts: parts, planner: planner)
            return PlantService(plant: plant, logger: logger, locks: locks, shopKey: shopKey)
        }
    }

    /// Tells a setting that a room below refuses from what cannot be opened: the one is not mended by trying again.
    private static func settingChecked<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as NetStoreError where error.code == .invalid {
            throw SettingsError(error.message)
        } catch let error as HypervisorError where error.code == .unsupported {
            throw SettingsError("hypervisor.uri: " + error.message)
        } catch let error as WarehouseError where error.code == .unsafePath {
            throw SettingsError("warehouse.directory, warehouse.roots: " + error.message)
        }
    }

    /// Serves until the process is told to stop. Machines and creations under way are left as they are: the next start
    /// goes on from the journal, as after a crash.
    ///
    /// - Parameter onRunning: Told the port once it listens.
    /// - Throws: What kept the server from listening.
    public func run(onRunning: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        defer { for lock in locks { lock.release() } }
        let settings = plant.settings
        let application = ServiceApplication(
            plant,
            host: settings.host,
            port: settings.port,
            images: plant.parts.images,
            logger: logger
        )
        try await plant.recallNewest()
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        do {
            try await application.run(
                services: [ReconcileLoop(plant: plant), BookWatch(plant.parts.machines), PlantMemory()]
                    + joining(ports),
                onRunning: {
                    port.yield($0)
                    await onRunning($0)
                }
            )
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func joining(_ ports: AsyncStream<Int>) -> [any ServiceLifecycle.Service] {
        guard let shopKey else { return [] }
        return [JoinLoop(settings: plant.settings, key: shopKey, port: ports, logger: logger)]
    }

    private func close() async {
        await plant.tasks.close()
        await plant.parts.images.fetcher.close()
    }

    private static func images(_ settings: PlantSettings, _ warehouse: Warehouse, _ logger: Logger) -> PlantImages {
        let sources = ImageSources(settings: settings, warehouse: warehouse, logger: logger)
        let fetcher = ImageFetcher(
            warehouse: warehouse,
            sources: sources,
            plant: settings.name,
            limit: settings.maximumTransfers,
            logger: logger
        )
        return PlantImages(
            settings: settings,
            warehouse: warehouse,
            sources: sources,
            fetcher: fetcher,
            downloads: DownloadSlots(limit: settings.maximumDownloads)
        )
    }

    private static func parts(
        _ settings: PlantSettings,
        _ database: DatabasePool,
        _ connection: VirtConnection,
        _ hypervisor: any Hypervisor,
        _ warehouse: Warehouse,
        _ logger: Logger
    ) throws -> PlantParts {
        let plan = try AddressPlan(settings)
        let addresses = AddressBook(database: database, plan: plan)
        let host = HostResources(
            settings: settings,
            addresses: addresses,
            networks: try LibvirtNetworks(connection: connection, plant: settings.name),
            filter: try filter(settings, addresses),
            exporter: try exporter(settings, plan),
            hypervisor: hypervisor,
            disks: MachineDisks(settings: settings, warehouse: warehouse),
            networkMutex: AsyncSemaphore()
        )
        return PlantParts(
            settings: settings,
            machines: MachineStore(database),
            epochs: ShopEpochs(database),
            journal: Journal(database: database),
            jobs: JobBook(database: database),
            claims: ClaimBook(database: database, addresses: addresses),
            leases: LeaseBook(database: database),
            durations: DurationBook(database: database),
            host: host,
            images: images(settings, warehouse, logger),
            pool: SparePool(),
            idle: IdleWatch(share: settings.idleShare),
            starts: AsyncSemaphore(settings.maximumStarts, patience: .seconds(5)),
            addressFile: settings.addressFile.map(AddressFile.init),
            logger: logger
        )
    }

    /// libvirt, and beside it QEMU run directly for machines with memory templates, where libvirt runs QEMU on this host.
    private static func hypervisor(
        _ settings: PlantSettings,
        _ connection: VirtConnection
    ) throws -> any Hypervisor {
        let general = try LibvirtHypervisor(connection: connection, plant: settings.name)
        guard settings.hypervisorURI.hasPrefix("qemu") else { return general }
        let direct = QEMUSettings(directory: settings.stateDirectory + "/qemu", user: settings.qemuUser)
        return HypervisorRouter(general, direct: QEMUHypervisor(plant: settings.name, settings: direct))
    }

    private static func filter(_ settings: PlantSettings, _ addresses: AddressBook) throws -> any MachineFilter {
        guard settings.filter else { return NoFilter() }
        return try GuestFilter(book: addresses, runner: NFTables())
    }

    private static func exporter(_ settings: PlantSettings, _ plan: AddressPlan) throws -> any ShareExporter {
        switch settings.fileServer {
        case "kernel": try KernelExporter(shareRoot: settings.shareRoot)
        case "none": NoExporter()
        default:
            try GaneshaExporter(
                directory: settings.exportDirectory,
                busAddress: settings.bus,
                exportIDs: plan.exportIDs
            )
        }
    }
}
