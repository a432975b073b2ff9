import AsyncHTTPClient
import Glibc
public import ShopAPI

/// A plant as a process of its own: the built `vmplant-server` on a prepared directory.
public struct PlantProcess: Sendable {
    /// The process.
    public let process: ChildProcess
    /// A client of it.
    public let client: MachineClient

    /// Starts a plant and waits until it listens.
    ///
    /// - Parameters:
    ///   - directory: A directory that ``PlantFixture/prepare(_:)`` has prepared; the log is `plant.log` in it.
    ///   - settings: Settings over the fixture's own, `key=value`.
    ///   - fault: Where it is to be killed, a name of the plant's fault points.
    /// - Returns: The plant, listening.
    /// - Throws: ``ServiceError`` when it did not come to listen; it is killed then.
    public static func start(
        in directory: TemporaryDirectory,
        settings: [String] = [],
        killedAt fault: String? = nil
    ) async throws -> PlantProcess {
        let flags = PlantFixture.flags(directory) + settings
        let server = try await ListeningProcess.start(
            "vmplant-server",
            flags,
            log: "plant.log",
            in: directory,
            killedAt: fault
        )
        let client = MachineClient(url: "http://127.0.0.1:\(server.port)", http: .shared)
        return PlantProcess(process: server.process, client: client)
    }

    /// Waits until the plant takes machines.
    public func waitUntilReady() async throws {
        try await Eventually.holds("the plant is ready") { try await client.status().isReady }
    }

    /// Kills it, as a power cut would, and waits for its end.
    public func kill() async throws {
        process.send(SIGKILL)
        _ = try await process.ended(within: .seconds(10))
    }
}
