import MachineBook

extension FaultPoint {
    /// Every point of the plant. A test holds this list against the source, another kills the plant at each.
    static let names: [String] = {
        let acquired = ["intended", "acted", "held"].flatMap { step in
            HostResource.names.map { "acquire-\($0)-\(step)" }
        }
        let released = ["begun", "acted", "forgotten"].flatMap { step in
            HostResource.names.map { "release-\($0)-\(step)" }
        }
        return acquired + released + [
            "lease-recorded", "lease-warned", "lease-suspended", "lease-ended", "lease-resumed", "reserve-begun",
            "reserve-kept", "reserve-released", "create-begun", "create-recorded", "booted",
            "action-started", "job-recorded", "job-given",
            "action-settled",
            "configured", "registered", "undone", "collect-recorded", "collect-released",
            "publish-recorded", "publish-suspended", "publish-copied", "publish-resumed", "publish-placed",
            "publish-ended",
            "fetch-begun", "fetch-part", "fetch-whole", "fetch-received",
            "spare-acquired", "spare-ready", "take-begun", "take-files", "take-domain", "take-passed", "take-told",
            "warm-cloned", "warm-defined", "warm-started", "warm-saved", "warm-published",
        ]
    }()
}
