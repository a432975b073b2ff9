import Hypervisor
import NetStore
import ShopAPI

/// Waits for something to appear in a machine's share, while watching that its domain still runs.
struct GuestWatch: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Often enough not to be felt, and a `stat` each time: at first, when most that is waited for comes, and later.
    static let firstInterval = Duration.milliseconds(5)
    static let pollInterval = Duration.milliseconds(20)
    static let first = Duration.milliseconds(500)
    static let stateInterval = Duration.seconds(1)

    /// Waits for the guest's first heartbeat.
    ///
    /// - Parameters:
    ///   - isWaking: Whether the guest wakes up from saved memory: then it must say that it has become this machine, and no
    ///     other that was saved with it.
    ///   - seconds: How long it may take, if not as long as any guest may take to start.
    /// - Throws: ``ServiceError`` `guest.silent` with the end of its console, or `machine.lost`.
    func waitForHeartbeat(afterWaking isWaking: Bool = false, atMost seconds: Double? = nil) async throws {
        let limit = seconds ?? plant.settings.bootTimeout
        let share = try await plant.host.share(of: id)
        let found = try await wait(atMost: .seconds(limit)) { [id] in
            try await share.heartbeat().flatMap { !isWaking || $0.awake == id.text ? $0 : nil }
        }
        guard found == nil else { return }
        let console = await consoleTail()
        throw ServiceError(
            .guestSilent,
            "the guest did not report within \(limit.formatted) s of its start"
                + (console.isEmpty ? "" : "; its console ends with:\n" + console),
            hint: "the image must start vmshop-guest, see docs/images.md; timeouts.boot is the limit"
        )
    }

    /// Looks until `look` finds something.
    ///
    /// - Returns: What was found, `nil` when the time was over.
    /// - Throws: `machine.lost` when the domain stops meanwhile.
    func wait<Found: Sendable>(
        atMost limit: Duration,
        for look: @Sendable () async throws -> Found?
    ) async throws -> Found? {
        let clock = ContinuousClock()
        let began = clock.now
        let deadline = began + limit
        var nextState = clock.now + Self.stateInterval
        while true {
            if let found = try await look() { return found }
            guard clock.now < deadline else { return nil }
            if clock.now >= nextState {
                try await checkDomain()
                nextState = clock.now + Self.stateInterval
            }
            try await clock.sleep(for: clock.now < began + Self.first ? Self.firstInterval : Self.pollInterval)
        }
    }

    private func checkDomain() async throws {
        // A hypervisor that does not answer just now says nothing about the guest; the limit still holds.
        guard let state = try? await plant.host.hypervisor.state(id.resourceName) else { return }
        // What stands still may go on in time.
        guard MachineState(state) == .ready else {
            let console = await consoleTail()
            throw ServiceError(
                .machineLost,
                "the machine's domain is \(state.rawValue)"
                    + (console.isEmpty ? "" : "; its console ends with:\n" + console)
            )
        }
    }

    private func consoleTail() async -> String { await plant.host.disks.consoleTail(of: id) }
}
