import DAGModel
import ShopAPI
import VMShopServer

/// Compares in the end what clients were told, what shops know and what plants have.
struct TrialAudit: Sendable {
    let site: TrialSite
    let outcomes: [TrialClient.Outcome]
    let gang: TrialGang.Outcome?

    /// What must never be, and is.
    ///
    /// - Returns: Sentences; none where all is well.
    func violations() async -> [String] {
        var found: [String] = []
        for outcome in outcomes where await !isForgetful(outcome) { found += outcome.falsehoods }
        let held = await held()
        for (station, plant) in site.plants {
            let peak = await plant.peak
            if peak > site.plan.options.room { found.append("\(station.name) held \(peak) machines") }
        }
        for outcome in outcomes {
            let held = held[outcome.id] ?? []
            if held.count > 1, await !isForgetful(outcome) {
                found.append("\(outcome.id) is at \(held.map(\.plant).joined(separator: " and "))")
            }
            if await !isForgiven(outcome) { found += await violations(of: outcome, held) }
            if outcome.isConfigured, held.count == 1, await !isConfigured(outcome, at: held[0].plant) {
                found.append("\(outcome.id) was configured, and its plant does not know")
            }
        }
        if let gang { found += await violations(of: gang, held) }
        for number in site.shopStations.indices { found += await violations(of: number, held) }
        return found
    }

    /// Whether the book was lost that had the machine. With it a shop forgets which plants it had doubts about, so that a machine may
    /// be at two; it lists and collects both.
    private func isForgetful(_ outcome: TrialClient.Outcome) async -> Bool {
        await site.forgetful.contains(outcome.errand.shop)
    }

    /// Whether its id may be used again, since the book was lost that had the machine, and no plant may have it.
    private func isForgiven(_ outcome: TrialClient.Outcome) async -> Bool {
        guard outcome.errand.hasImpostor else { return false }
        return await isForgetful(outcome)
    }

    private func isConfigured(_ outcome: TrialClient.Outcome, at plant: String) async -> Bool {
        guard let digest = try? RequestParser().parse(TrialClient(site, outcome.errand).further).digest else {
            return false
        }
        guard let plant = site.plants.first(where: { $0.station.name == plant })?.plant else { return false }
        return await plant.hasConfigured(outcome.id, digest)
    }

    /// A machine at a plant.
    struct Holding: Sendable, Hashable, CustomStringConvertible {
        var plant: String
        var state: MachineState

        var description: String { "\(state) at \(plant)" }
    }

    private func held() async -> [MachineID: [Holding]] {
        var held: [MachineID: [Holding]] = [:]
        for (station, plant) in site.plants {
            for machine in await plant.machines.values where machine.state.holdsResources {
                held[machine.id, default: []].append(Holding(plant: station.name, state: machine.state))
            }
        }
        return held
    }

    func ask<Value: Sendable>(
        _ number: Int,
        _ call: @Sendable (any MachineService & GangService) async throws -> Value
    ) async -> Result<Value, any Error> {
        let (service, process) = (await site.service(number).service, await site.process(number))
        return await ServiceTime.$process.withValue(process) {
            do { return .success(try await call(service)) } catch { return .failure(error) }
        }
    }

    /// What is wrong with one client's machine.
    private func violations(of outcome: TrialClient.Outcome, _ held: [Holding]) async -> [String] {
        let (id, shop) = (outcome.id, outcome.errand.shop)
        let isForgotten = await isForgetful(outcome)
        switch await ask(shop, { try await $0.machine(id) }) {
        case .success(let machine):
            let its = isForgotten ? held.filter { $0.plant == machine.plant } : held
            // Of a machine that was being made, the plant that had begun it may be all that is left: it was told to collect it.
            if isForgotten, machine.state == .collected, its.isEmpty { return [] }
            return violations(of: machine, outcome, its)
        case .failure(let error as ServiceError) where error.code == .machineUnknown && isForgotten && held.isEmpty:
            return []
        case .failure(let error): return ["\(id) was accepted, and now: \(error)"]
        }
    }

    private func violations(
        of machine: Machine,
        _ outcome: TrialClient.Outcome,
        _ held: [Holding]
    ) -> [String] {
        let id = machine.id
        var found: [String] = []
        switch machine.state {
        case .ready:
            if held != [Holding(plant: machine.plant ?? "-", state: .ready)] {
                found.append("\(id) is said to be ready at \(machine.plant ?? "-"), and is \(held)")
            }
            let hasLease = outcome.errand.hasLease || outcome.isExtended
            if hasLease, machine.leaseUntil == nil { found.append("\(id) has lost its lease") }
            if !hasLease, !outcome.errand.extends, machine.leaseUntil != nil { found.append("\(id) has a lease") }
            if machine.owner != "user-\(outcome.errand.number)" { found.append("\(id) has lost its owner") }
        case .failed where site.plan.isEasy:
            found.append("\(id) failed for no reason: \(machine.error.map { "\($0)" } ?? "-")")
        case .failed, .collected:
            if !held.isEmpty { found.append("\(id) is said to be \(machine.state), and is \(held)") }
        default: found.append("\(id) is still \(machine.state)")
        }
        if outcome.isCollected, machine.state != .collected {
            found.append("\(id) was collected and is \(machine.state)")
        }
        if outcome.errand.keeps == nil, machine.state == .collected { found.append("\(id) was collected for nobody") }
        return found
    }

    /// What is wrong with a shop.
    private func violations(of number: Int, _ held: [MachineID: [Holding]]) async -> [String] {
        let name = site.shopStations[number].name
        var found: [String] = []
        if let debts = try? await site.service(number).debts, !debts.isEmpty { found.append("\(name) owes \(debts)") }
        switch await ask(number, { try await $0.machines(matching: nil, includeGone: false) }) {
        case .success(let machines):
            let known = Set(machines.map(\.id))
            for id in held.keys.sorted() where !known.contains(id) { found.append("\(name) does not know \(id)") }
            for machine in machines where held[machine.id] == nil {
                found.append("\(name) lists \(machine.id) as \(machine.state), and no plant has it")
            }
        case .failure(let error): found.append("\(name) lists nothing: \(error)")
        }
        if await site.service(number).isPlacing { found.append("\(name) is still placing") }
        return found
    }
}
