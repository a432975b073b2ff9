import Synchronization

/// What a hypervisor was found to be able to do, for a moment: each plan asks, and what libvirt answers is a document of some
/// 30 KB that changes with an upgrade at most. So a libvirt that went away is noticed by plans that moment later.
final class CapabilityMemory: Sendable {
    /// How long an answer holds.
    private let validity: Duration
    private let known = Mutex<(capabilities: HypervisorCapabilities, until: ContinuousClock.Instant)?>(nil)

    /// A memory of nothing yet.
    init(validity: Duration = .seconds(2)) { self.validity = validity }

    /// What was found a moment ago, else what is found now. What cannot be found is not remembered.
    func capabilities(
        _ find: () async throws(HypervisorError) -> HypervisorCapabilities
    ) async throws(HypervisorError) -> HypervisorCapabilities {
        if let known = known.withLock({ $0 }), known.until > .now { return known.capabilities }
        let found = try await find()
        known.withLock { $0 = (found, .now + validity) }
        return found
    }
}
