import AsyncHTTPClient
import Glibc
public import ShopAPI

/// A shop as a process of its own: the built `vmshop-server`.
public struct ShopProcess: Sendable {
    /// The process.
    public let process: ChildProcess
    /// A client of it.
    public let client: MachineClient

    /// Starts a shop and waits until it listens.
    ///
    /// - Parameters:
    ///   - directory: Where its state is, in `state`, and its log, `shop.log`.
    ///   - plants: Its plants, `address:port`.
    ///   - fault: Where it is to be killed, a name of the shop's fault points.
    ///   - tracer: A command that it is started by, such as strace with its arguments.
    /// - Returns: The shop, listening.
    /// - Throws: ``ServiceError`` when it did not come to listen; it is killed then.
    public static func start(
        in directory: TemporaryDirectory,
        plants: [String],
        killedAt fault: String? = nil,
        under tracer: [String] = []
    ) async throws -> ShopProcess {
        let settings = [
            "http.port=0", "state.directory=" + directory("state"),
            "plants.addresses=" + plants.joined(separator: ","),
            // The plants are stand-ins in the test's process, which is busy with other tests.
            "timeouts.estimate=30", "timeouts.accept=30",
        ]
        let server = try await ListeningProcess.start(
            "vmshop-server",
            settings,
            log: "shop.log",
            in: directory,
            killedAt: fault,
            under: tracer
        )
        let client = MachineClient(url: "http://127.0.0.1:\(server.port)", http: .shared)
        return ShopProcess(process: server.process, client: client)
    }

    /// Kills it, as a power cut would, and waits for its end.
    public func kill() async throws {
        process.send(SIGKILL)
        _ = try await process.ended(within: .seconds(10))
    }
}
