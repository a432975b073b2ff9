import QMP

extension QEMUDomain {
    /// How long what QEMU said before its answer may take to be heard.
    private static let patience = Duration.seconds(1)

    /// Makes the guest stand still, if it runs.
    func suspend() async throws(HypervisorError) {
        guard state == .running else { return }
        let before = stops
        try await command("stop")
        // QEMU says first that the guest stands still, and answers then; but that goes another way here, and heard after the
        // next resumption it would be taken for a stop after that.
        let end = ContinuousClock.now + Self.patience
        while stops == before, process != nil, .now < end { await pauseBriefly() }
        await look()
    }

    /// Lets a guest go on that stands still.
    func resume() async throws(HypervisorError) {
        guard [.paused, .stalled].contains(state) else { return }
        try await command("cont")
        announce()
    }
}
