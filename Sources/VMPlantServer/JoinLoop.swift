import AsyncHTTPClient
import Logging
import ServerSettings
import ServiceLifecycle
import ShopAPI

/// Joins the shops of the settings, and tells them from then on that the plant is there: one that was started anew, or had lost
/// sight of the plant, has it again soon.
struct JoinLoop: Service {
    let settings: PlantSettings
    let key: SharedKey
    /// Brings the port once the plant listens.
    let port: AsyncStream<Int>
    let logger: Logger

    private static let interval = Duration.seconds(10)
    private static let intervalInTrouble = Duration.seconds(2)
    private static let deadline = Duration.seconds(10)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let port = await port.first(where: { _ in true }) else { return }
            let order = JoinOrder(url: address(port), key: key.text)
            try? await HTTPClient.withHTTPClient(configuration: Self.connections) { http in
                await withDiscardingTaskGroup { group in
                    for shop in settings.shops { group.addTask { await join(shop, order, http) } }
                }
            }
        }
    }

    /// The key goes to the shops of the settings, and is sent on to nobody.
    private static var connections: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        // That nobody listens is said at once, and tried again here.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private func address(_ port: Int) -> String {
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return settings.advertisedURL ?? "http://\(host):\(port)"
    }

    /// Says so when something changes, and not each time.
    private func join(_ shop: String, _ order: JoinOrder, _ http: HTTPClient) async {
        let client = MachineClient(url: shop, http: http, deadline: Self.deadline)
        var last: String??
        while !Task.isCancelled {
            let problem = await problem { _ = try await client.join(settings.name, order) }
            if last == nil || last != .some(problem) { note(problem, shop) }
            last = .some(problem)
            try? await Task.sleep(for: problem == nil ? Self.interval : Self.intervalInTrouble)
        }
    }

    private func problem(_ call: () async throws -> Void) async -> String? {
        do {
            try await call()
            return nil
        } catch {
            return (error as? ServiceError)?.message ?? "\(error)"
        }
    }

    private func note(_ problem: String?, _ shop: String) {
        guard !Task.isCancelled else { return }
        if let problem {
            logger.warning("not in a shop's list", metadata: ["shop": "\(shop)", "why": "\(problem)"])
        } else {
            logger.notice("joined a shop", metadata: ["shop": "\(shop)"])
        }
    }
}
