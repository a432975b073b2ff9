public import ShopAPI

/// Waiting for what another task or process does.
public enum Eventually {
    /// Looks again and again until a condition holds.
    ///
    /// - Parameters:
    ///   - what: What is waited for, in words, for the error.
    ///   - limit: How long to wait.
    ///   - condition: Looked at every 10 ms at most.
    /// - Throws: ``ServiceError`` `service.timed-out` when it did not hold in time.
    public static func holds(
        _ what: String,
        within limit: Duration = .seconds(60),
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw ServiceError(.timedOut, "not within \(limit): \(what)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension MachineService {
    /// Follows a machine's events until it rests, and says how it is then.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - limit: How long to wait.
    /// - Returns: The machine at rest.
    /// - Throws: ``ServiceError`` `service.timed-out` when it did not come to rest in time.
    public func settled(_ id: MachineID, within limit: Duration = .seconds(60)) async throws -> Machine {
        let deadline = ContinuousClock.now + limit
        var seen = 0
        while ContinuousClock.now < deadline {
            let page = try await events(of: id, after: seen, wait: .seconds(5))
            seen = page.events.last?.sequence ?? seen
            if page.state.isResting { return try await machine(id) }
        }
        throw ServiceError(.timedOut, "machine \(id) did not come to rest within \(limit)")
    }
}
