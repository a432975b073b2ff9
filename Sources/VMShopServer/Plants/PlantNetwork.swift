import AsyncHTTPClient
import NIOCore
package import ShopAPI

/// How a shop reaches its plants.
package protocol PlantNetwork: Sendable {
    /// A plant's service.
    ///
    /// - Parameters:
    ///   - url: Where the plant is.
    ///   - deadline: How long a call may take.
    ///   - origin: The start of the shop that its calls are of.
    ///   - isPatient: Whether its calls wait long for their answers.
    /// - Returns: The service.
    func connection(_ url: String, deadline: Duration, origin: ShopEpoch, isPatient: Bool) -> any PlantConnection

    /// Closes the connections.
    func shutdown() async
}

/// Plants on other hosts, reached over HTTP.
struct HTTPPlantNetwork: PlantNetwork {
    private let calls = Self.client(connections: 64)
    /// The connections of those who wait for events: however many wait, other calls find a connection.
    private let polls = Self.client(connections: mostPolls)
    /// As many machines as any plant may have are followed at the same time.
    private static let mostPolls = 100_000

    func connection(_ url: String, deadline: Duration, origin: ShopEpoch, isPatient: Bool) -> any PlantConnection {
        MachineClient(url: url, http: isPatient ? polls : calls, deadline: deadline, origin: origin)
    }

    func shutdown() async {
        try? await calls.shutdown()
        try? await polls.shutdown()
    }

    private static func client(connections: Int) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // Below every deadline, so that a host that is not there is told from one that does not answer.
        configuration.timeout.connect = .seconds(2)
        // A connection that is refused says at once that nobody is there; the shop itself decides when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Who may be asked is in the list; nobody is sent on to anywhere else.
        configuration.redirectConfiguration = .disallow
        // Sooner than a service closes an idle connection: a call must not meet a connection that is being closed.
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        return HTTPClient(configuration: configuration)
    }
}
