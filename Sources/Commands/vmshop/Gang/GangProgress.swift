import ShopAPI

/// Prints how far a gang is, until it rests.
struct GangProgress {
    let client: MachineClient
    let isQuiet: Bool

    private static let pause = Duration.milliseconds(250)
    /// A service that is restarted in the meantime is waited for.
    private static let patience = Duration.seconds(60)

    /// Follows a gang.
    ///
    /// - Returns: The gang, resting.
    /// - Throws: ``ServiceError`` when the service has been out of reach for too long.
    func follow(_ gang: Gang) async throws -> Gang {
        var (gang, shown) = (gang, "")
        while true {
            let line = try await line(gang)
            if line != shown, !isQuiet { Terminal.note(line) }
            shown = line
            guard !gang.state.isResting else { return gang }
            try await Task.sleep(for: Self.pause)
            gang = try await patiently { try await client.gang(gang.id) }
        }
    }

    private func line(_ gang: Gang) async throws -> String {
        guard gang.state == .creating else { return gang.state.rawValue }
        let machines = try await patiently { try await GangText.machines(of: gang, client) }
        return "creating: \(machines.count { $0.state == .ready }) of \(gang.count) machines are ready"
    }

    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        let giveUp = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await body()
            } catch let error as ServiceError where [.unreachable, .timedOut].contains(error.code) && .now < giveUp {
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
