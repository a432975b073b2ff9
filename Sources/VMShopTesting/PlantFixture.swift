import AsyncHTTPClient
import DAGModel
import FoundationEssentials
import Logging
import ServerSettings
public import ShopAPI
public import VMPlantServer
public import Warehouse

/// A plant in this process: real sockets, a state directory of its own, libvirt's test driver with a world of its own,
/// an image named `small`, and guests that are processes.
public struct PlantFixture: Sendable {
    /// Everything of the plant: `state`, `warehouse`, `node.xml`.
    public let directory: TemporaryDirectory
    /// The plant's own service object.
    public let service: PlantService
    /// A client over HTTP.
    public let client: MachineClient
    /// Where the plant listens.
    public let url: String
    /// What the plant logs.
    public let log: LogRecorder

    /// What can be said about a plant before it starts.
    public struct Options: Sendable {
        /// Settings over the fixture's own, `key=value`.
        public var settings: [String]
        /// Whether shares get a guest.
        public var guests: Bool
        /// Whether to wait until the plant takes machines.
        public var waitsUntilReady: Bool
        /// Where shares appear, below the fixture's directory.
        public var shares: String
        /// Changes what settings cannot say so finely.
        public var adjust: @Sendable (inout PlantSettings) -> Void = { _ in }

        /// Makes options.
        public init(
            _ settings: [String] = [],
            guests: Bool = true,
            waitsUntilReady: Bool = true,
            shares: String = "state/shares"
        ) {
            self.settings = settings
            self.guests = guests
            self.waitsUntilReady = waitsUntilReady
            self.shares = shares
        }
    }

    /// Runs a test with a plant in a new directory.
    public static func with<Value: Sendable>(
        _ options: Options = Options(),
        _ body: @Sendable (PlantFixture) async throws -> Value
    ) async throws -> Value {
        try await TemporaryDirectory.with { directory in
            try await prepare(directory)
            return try await run(in: directory, options, body)
        }
    }

    /// Makes what a plant needs in a directory: an image and a world.
    public static func prepare(_ directory: TemporaryDirectory) async throws {
        try directory.write("<node></node>", to: "node.xml")
        try await publish(image: "small", in: directory)
    }

    /// Publishes an image, an empty disk of 1 MiB, in the directory's warehouse.
    public static func publish(
        image: String,
        in directory: TemporaryDirectory,
        guest: GuestKind = .runner,
        history: [PerformedAction] = [],
        memory: String = "16MiB",
        replace: Bool = false
    ) async throws {
        let disk = directory(image + ".qcow2")
        if !replace { try await DiskClone.createEmpty(at: disk, format: .qcow2, virtualSize: 1 << 20) }
        let draft = ImageDraft(
            name: image,
            disk: disk,
            format: .qcow2,
            hardware: ImageHardware(minimumMemory: ByteCount(memory), architecture: "x86_64"),
            operatingSystem: "linux",
            guest: guest,
            history: history
        )
        try await Warehouse(directory: directory("warehouse")).publish(draft, replace: replace)
    }

    /// The settings of a plant in a directory, as flags.
    public static func flags(_ directory: TemporaryDirectory) -> [String] {
        [
            "name=p1", "http.port=0", "state.directory=" + directory("state"),
            "hypervisor.uri=test://" + directory("node.xml"), "warehouse.directory=" + directory("warehouse"),
            "nfs.server=none", "network.filter=false", "network.quarantine=0", "timeouts.boot=20",
        ]
    }

    /// Runs a test with a plant in a directory that was prepared, and stops the plant afterwards.
    public static func run<Value: Sendable>(
        in directory: TemporaryDirectory,
        _ options: Options = Options(),
        _ body: @Sendable (PlantFixture) async throws -> Value
    ) async throws -> Value {
        let sources = SettingsSources(
            flags: flags(directory) + options.settings,
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshop-testing"
        )
        let log = LogRecorder()
        var settings = try PlantSettings(await sources.reader())
        options.adjust(&settings)
        let service = try await PlantService.open(settings, logger: log.logger())
        let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announcement.finish() }
                try await service.run { announcement.yield($0) }
            }
            if options.guests {
                let guests = GuestProcesses(shares: directory(options.shares))
                group.addTask { await guests.serve() }
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await group.next()
                throw ServiceError(.unavailable, "the plant ended before it listened")
            }
            let url = "http://127.0.0.1:\(port)"
            let client = MachineClient(url: url, http: .shared)
            let fixture = PlantFixture(directory: directory, service: service, client: client, url: url, log: log)
            defer { group.cancelAll() }
            if options.waitsUntilReady { try await fixture.waitUntilReady() }
            return try await body(fixture)
        }
    }

    /// Waits until the plant takes machines.
    public func waitUntilReady() async throws {
        do {
            try await Eventually.holds("the plant is ready") { try await client.status().isReady }
        } catch {
            throw ServiceError(
                .unavailable,
                "the plant is not ready: \(try await client.status().problems); \(log.lines.suffix(20))"
            )
        }
    }
}
