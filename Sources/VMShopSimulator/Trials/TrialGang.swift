import ShopAPI
import VMShopServer

/// Somebody who wants a gang of a trial's site, and what it was told. It asks again with the same id until it knows how it stands.
struct TrialGang: Sendable {
    /// What the client was told in the end.
    struct Outcome: Sendable, Hashable {
        var id: MachineID
        var errand: TrialPlan.GangErrand
        /// Whether the shop said that the gang is collected.
        var isCollected = false
        /// What the shop said that a client must not be told.
        var falsehoods: [String] = []
    }

    let site: TrialSite
    let errand: TrialPlan.GangErrand
    let id: MachineID
    /// No client of a machine has it.
    private static let number: UInt64 = 500_000

    /// A client; its gang's id is drawn from the seed.
    init(_ site: TrialSite, _ errand: TrialPlan.GangErrand) {
        (self.site, self.errand) = (site, errand)
        id = site.id(Self.number, at: errand.time)
    }

    /// Does the errand.
    ///
    /// - Returns: What it was told.
    func run() async -> Outcome {
        var outcome = Outcome(id: id, errand: errand)
        try? await site.clock.sleep(until: site.clock.beginning + .seconds(errand.time))
        let answer = await site.answer(of: errand.shop) {
            try await $0.service.createGang(id, document, count: errand.count, options: .init())
        }
        if case .failure(let error) = answer { outcome.falsehoods.append("gang \(id) was refused: \(error)") }
        if let keeps = errand.keeps {
            try? await site.clock.sleep(for: .seconds(keeps))
            await collect(&outcome)
        }
        return outcome
    }

    private func collect(_ outcome: inout Outcome) async {
        switch await site.answer(of: errand.shop, { try await $0.service.collectGang(id) }) {
        case .success(let gang):
            // What is on its way to that is told so, and asked for again.
            outcome.isCollected = [.collected, .collecting].contains(gang.state)
            if !outcome.isCollected { outcome.falsehoods.append("gang \(id) was collected and is \(gang.state)") }
        case .failure(let error): outcome.falsehoods.append("gang \(id) could not be collected: \(error)")
        }
        site.log.note("gang \(id) is collected")
    }

    private var document: [UInt8] {
        Array(
            """
            <request xmlns="urn:vmshop:request:1" name="gang">
              <client domain="domain-0.example" user="gang"/>
              <start><image name="small"/></start>
            </request>
            """.utf8
        )
    }
}

extension TrialAudit {
    /// What is wrong with a client's gang: it is whole, or there is nothing of it.
    func violations(of outcome: TrialGang.Outcome, _ held: [MachineID: [Holding]]) async -> [String] {
        let (id, shop) = (outcome.id, outcome.errand.shop)
        guard await !site.forgetful.contains(shop) else { return [] }
        let machines = (1...outcome.errand.count).map {
            (id: id.advanced(by: $0), held: held[id.advanced(by: $0)] ?? [])
        }
        var found = outcome.falsehoods
        switch await ask(shop, { try await $0.gang(id) }) {
        case .success(let gang):
            switch gang.state {
            case .ready:
                for machine in machines where machine.held.map(\.state) != [.ready] {
                    found.append("gang \(id) is ready, and its machine \(machine.id) is \(machine.held)")
                }
            case .failed where site.plan.isEasy:
                found.append("gang \(id) failed for no reason: \(gang.error.map { "\($0)" } ?? "-")")
            case .failed, .collected:
                for machine in machines where !machine.held.isEmpty {
                    found.append("gang \(id) is \(gang.state), and its machine \(machine.id) is \(machine.held)")
                }
            default: found.append("gang \(id) is still \(gang.state)")
            }
            if outcome.isCollected, gang.state != .collected {
                found.append("gang \(id) was collected and is \(gang.state)")
            }
            if outcome.errand.keeps == nil, gang.state == .collected {
                found.append("gang \(id) was collected for nobody")
            }
        case .failure(let error): found.append("gang \(id) was accepted, and now: \(error)")
        }
        return found
    }
}
