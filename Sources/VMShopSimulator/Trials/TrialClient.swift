import ShopAPI
import VMShopServer

/// Somebody who wants a machine of a trial's site, and what it was told. It asks again with the same id until it knows how it stands.
struct TrialClient: Sendable {
    /// What a client was told in the end.
    struct Outcome: Sendable, Hashable {
        var id: MachineID
        var errand: TrialPlan.Errand
        /// Whether the shop took the machine on.
        var isAccepted = false
        /// Whether the shop said that the machine is collected.
        var isCollected = false
        /// Whether the shop took a further graph on.
        var isConfigured = false
        /// Whether the shop set another end of the lease.
        var isExtended = false
        /// What the shop said that a client must not be told.
        var falsehoods: [String] = []
    }

    let site: TrialSite
    let errand: TrialPlan.Errand
    let id: MachineID

    /// A client; its machine's id is drawn from the seed.
    init(_ site: TrialSite, _ errand: TrialPlan.Errand) {
        (self.site, self.errand) = (site, errand)
        id = site.id(UInt64(errand.number), at: errand.time)
    }

    /// Does the errand.
    ///
    /// - Returns: What it was told.
    func run() async -> Outcome {
        var outcome = Outcome(id: id, errand: errand)
        try? await site.clock.sleep(until: site.clock.beginning + .seconds(errand.time))
        let answers = await withTaskGroup { group in
            for _ in 0..<errand.copies {
                group.addTask { await answer { try await $0.create(id, document, options: .init()) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        take(answers, &outcome)
        if outcome.isAccepted, errand.hasImpostor { await impose(&outcome) }
        if outcome.isAccepted, errand.configures || errand.extends, await isReady() { await change(&outcome) }
        if let keeps = errand.keeps {
            try? await site.clock.sleep(for: .seconds(keeps))
            await collect(&outcome)
        }
        return outcome
    }

    private func take(_ answers: [Result<Machine, ServiceError>], _ outcome: inout Outcome) {
        for answer in answers {
            switch answer {
            case .success(let machine):
                outcome.isAccepted = true
                if machine.id != id { outcome.falsehoods.append("\(id) was answered with \(machine.id)") }
            case .failure(let error): outcome.falsehoods.append("\(id) was refused: \(error)")
            }
        }
    }

    /// Somebody else asks for another machine of the same id.
    private func impose(_ outcome: inout Outcome) async {
        let other = Self.document(errand.number + 1_000, of: site.plan, hasLease: false)
        switch await answer({ try await $0.create(id, other, options: .init()) }) {
        case .success: outcome.falsehoods.append("\(id) was given to two requests")
        case .failure(let error):
            if error.code != .machineConflict { outcome.falsehoods.append("\(id), asked for anew: \(error)") }
        }
    }

    /// Waits until the machine is ready; whether it ever is.
    private func isReady() async -> Bool {
        let end = site.clock.now + TrialSite.longestWait
        while true {
            switch await answer({ try await $0.machine(id) }) {
            case .success(let machine) where !machine.state.isResting && site.clock.now < end:
                try? await site.clock.sleep(for: .seconds(1))
            case .success(let machine): return machine.state == .ready
            case .failure: return false
            }
        }
    }

    private func change(_ outcome: inout Outcome) async {
        if errand.extends {
            let answer = await answer { try await $0.setLease(of: id, to: .seconds(7_200)) }
            if case .success = answer { outcome.isExtended = true }
        }
        if errand.configures {
            let answer = await answer { try await $0.configure(id, further) }
            if case .success = answer { outcome.isConfigured = true }
        }
    }

    private func collect(_ outcome: inout Outcome) async {
        switch await answer({ try await $0.collect(id) }) {
        case .success(let machine):
            outcome.isCollected = machine.state == .collected
            if !outcome.isCollected { outcome.falsehoods.append("\(id) was collected and is \(machine.state)") }
        case .failure(let error): outcome.falsehoods.append("\(id) could not be collected: \(error)")
        }
        site.log.note("\(id) is collected")
    }

    private func answer(
        _ call: @escaping @Sendable (any MachineService) async throws -> Machine
    ) async -> Result<Machine, ServiceError> {
        let answer = await site.answer(of: errand.shop) { try await call($0.service) }
        if case .success(let machine) = answer {
            site.log.note("\(site.shopStations[errand.shop].name) tells the client: \(id) is \(machine.state)")
        }
        return answer
    }

    /// The request that the client sends.
    var document: [UInt8] { Self.document(errand.number, of: site.plan, hasLease: errand.hasLease) }

    /// The further graph.
    var further: [UInt8] { Self.document(errand.number + 2_000, of: site.plan, hasLease: false) }

    private static func document(_ number: Int, of plan: TrialPlan, hasLease: Bool) -> [UInt8] {
        let domain = "domain-\(number % plan.options.domains).example"
        return Array(
            """
            <request xmlns="urn:vmshop:request:1" name="machine-\(number)">
              <client domain="\(domain)" user="user-\(number)"/>
              \(hasLease ? "<lease duration=\"1h\"/>" : "")
              <start><image name="small"/></start>
            </request>
            """.utf8
        )
    }
}
