import Libvirt

/// What is known of one plant's domains, kept up to date by libvirt's events; says what each event means.
///
/// A value without tasks: the same event twice, or one that a comparison has shown already, means nothing new.
struct EventLedger: Sendable {
    private let plant: String
    private var known: [String: MarkedDomain] = [:]
    /// Domains that were undefined while they ran: forgotten when they stop.
    private var leaving: Set<String> = []

    /// - Parameters:
    ///   - plant: Domains of other plants are left out.
    ///   - domains: What there is now; it is not reported.
    init(plant: String, domains: [MarkedDomain]) {
        self.plant = plant
        for domain in domains where domain.plant == plant { known[domain.uuid] = domain }
    }

    /// Whether the domain has to be looked at before ``apply(_:)`` can tell what the event means.
    func needsLook(_ event: VirtDomainEvent) -> Bool {
        event.kind == .defined || (known[event.uuid] == nil && event.kind != .undefined)
    }

    /// Takes up a domain that was looked at. What it does is only learnt from events.
    mutating func learn(_ domain: MarkedDomain) {
        guard domain.plant == plant, known[domain.uuid] == nil else { return }
        var domain = domain
        domain.state = .stopped
        known[domain.uuid] = domain
    }

    /// What an event means.
    mutating func apply(_ event: VirtDomainEvent) -> HypervisorEvent? {
        switch event.kind {
        case .started, .resumed: return enter(.running, event.uuid)
        case .suspended where !event.failed: return enter(.paused, event.uuid)
        case .stopped, .crashed: return enter(event.failed ? .crashed : .stopped, event.uuid)
        case .undefined:
            if known[event.uuid]?.isUp == true {
                leaving.insert(event.uuid)
            } else {
                known[event.uuid] = nil
            }
            return nil
        case .defined:
            leaving.remove(event.uuid)
            return nil
        default: return nil
        }
    }

    /// What must have happened, from what there is now.
    mutating func compare(_ domains: [MarkedDomain]) -> [HypervisorEvent] {
        let ours = domains.filter { $0.plant == plant }
        let present = Set(ours.map(\.uuid))
        var events: [HypervisorEvent] = []
        for gone in known.values.sorted(by: { $0.name < $1.name }) where !present.contains(gone.uuid) {
            if let event = enter(.stopped, gone.uuid) { events.append(event) }
            known[gone.uuid] = nil
        }
        for domain in ours {
            learn(domain)
            if let event = enter(domain.state, domain.uuid) { events.append(event) }
        }
        return events
    }

    private mutating func enter(_ state: DomainState, _ uuid: String) -> HypervisorEvent? {
        guard var domain = known[uuid] else { return nil }
        let wasUp = domain.isUp
        domain.state = state
        known[uuid] = domain.isUp || leaving.remove(uuid) == nil ? domain : nil
        switch (wasUp, domain.isUp) {
        case (false, true): return HypervisorEvent(.started, name: domain.name, machineID: domain.machineID)
        case (true, false):
            let kind = state == .crashed ? HypervisorEvent.Kind.crashed : .stopped
            return HypervisorEvent(kind, name: domain.name, machineID: domain.machineID)
        default: return nil
        }
    }
}

extension MarkedDomain {
    fileprivate var isUp: Bool { [.running, .paused, .stalled].contains(state) }
}
