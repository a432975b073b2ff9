import Libvirt

extension LibvirtHypervisor {
    /// What happens to the domains of this plant, from libvirt's events and a comparison every few seconds.
    public var events: AsyncStream<HypervisorEvent> {
        get async throws(HypervisorError) {
            // Registered before the first look, so that nothing falls between.
            let source = try await speaking("subscribe to events") { () throws(VirtError) in
                try await connection.events()
            }
            let ledger = EventLedger(plant: plant, domains: try await marked())
            let (stream, continuation) = AsyncStream.makeStream(
                of: HypervisorEvent.self,
                bufferingPolicy: .bufferingNewest(4096)
            )
            // UNSTRUCTURED: cancelled when the stream's reader stops; it ends the stream when it ends itself.
            let pump = Task { await self.pump(self.withComparisons(source), ledger, continuation) }
            continuation.onTermination = { _ in pump.cancel() }
            return stream
        }
    }

    /// How often to compare without being told of a gap. libvirt keeps some things to itself: a QEMU that dies while a
    /// restarted daemon is taking it up again is never reported.
    private static let comparisonInterval = Duration.seconds(5)

    /// The events, and a gap now and then.
    private func withComparisons(_ source: AsyncStream<VirtEvent>) -> AsyncStream<VirtEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: VirtEvent.self, bufferingPolicy: .bufferingNewest(4096))
        // UNSTRUCTURED: cancelled when the stream's reader, the pump, stops.
        let merger = Task {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while (try? await Task.sleep(for: Self.comparisonInterval)) != nil { continuation.yield(.gap) }
                }
                for await event in source {
                    // The oldest made way for this one.
                    if case .dropped = continuation.yield(event) { continuation.yield(.gap) }
                }
                group.cancelAll()
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in merger.cancel() }
        return stream
    }

    /// Turns libvirt's events into ours, until cancelled.
    private func pump(
        _ source: AsyncStream<VirtEvent>,
        _ ledger: EventLedger,
        _ continuation: AsyncStream<HypervisorEvent>.Continuation
    ) async {
        var ledger = ledger
        for await event in source {
            switch event {
            case .gap:
                for event in await compare(&ledger) { continuation.yield(event) }
            case .domain(let event):
                guard await isKnown(event, &ledger) else {
                    for event in await compare(&ledger) { continuation.yield(event) }
                    continue
                }
                if let event = ledger.apply(event) { continuation.yield(event) }
            }
        }
        continuation.finish()
    }

    /// Looks at a domain that the ledger does not know; `false` when that failed, and only a comparison helps.
    private func isKnown(_ event: VirtDomainEvent, _ ledger: inout EventLedger) async -> Bool {
        guard ledger.needsLook(event) else { return true }
        do throws(VirtError) {
            let found = try await connection.domain(named: event.name, metadata: DomainMark.namespace)
            if let domain = found.flatMap(MarkedDomain.init) { ledger.learn(domain) }
            return true
        } catch {
            return false
        }
    }

    /// Compares with what there is; tries until it succeeds or is cancelled.
    private func compare(_ ledger: inout EventLedger) async -> [HypervisorEvent] {
        while !Task.isCancelled {
            if let domains = try? await marked() { return ledger.compare(domains) }
            try? await Task.sleep(for: .milliseconds(200))
        }
        return []
    }
}
