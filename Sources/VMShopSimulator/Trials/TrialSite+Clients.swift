import SeededRandom
import ShopAPI
import VMShopServer

extension TrialSite {
    private static let deadline = Duration.seconds(20)
    /// Longer than this nobody need wait for an answer that says something.
    static let longestWait = Duration.seconds(600)

    /// The id that a client chooses, drawn from the seed.
    ///
    /// - Parameters:
    ///   - number: The client's.
    ///   - seconds: When it asks, from the beginning.
    /// - Returns: The id.
    nonisolated func id(_ number: UInt64, at seconds: Double) -> MachineID {
        var generator = SeededGenerator(seed: plan.seed &* 1_000_003 &+ number)
        return MachineID(at: ServiceTime.process.timestamp.advanced(by: .seconds(seconds)), using: &generator)
    }

    /// What a shop says to a client that asks until it is told something that another try does not change.
    ///
    /// - Parameters:
    ///   - shop: The shop.
    ///   - call: What it is asked.
    /// - Returns: Its answer.
    nonisolated func answer<Value: Sendable>(
        of shop: Int,
        _ call: @escaping @Sendable (ShopService) async throws -> Value
    ) async -> Result<Value, ServiceError> {
        let end = clock.now + Self.longestWait
        while true {
            do {
                let value = try await network.call(shopStations[shop], from: "client", within: Self.deadline) {
                    try await call(await self.service(shop))
                }
                return .success(value)
            } catch let error as ServiceError {
                guard error.code.isForLater, clock.now < end else { return .failure(error) }
                try? await clock.sleep(for: .milliseconds(500))
            } catch {
                return .failure(ServiceError(.internalError, "\(error)"))
            }
        }
    }
}

extension ErrorCode {
    /// Whether the same call may be answered otherwise later.
    fileprivate var isForLater: Bool {
        [.overloaded, .unavailable, .timedOut, .unreachable, .hostFailed].contains(self)
    }
}
