import ClassAds
import CostModel
import MachineBook
import ShopAPI

/// The shop's record of machines against what the plants say. The plants are right; what the shop lost it learns from
/// them.
struct MachineDirectory: Sendable {
    let shop: ShopParts

    /// The machines that match a query: of the plants that answer as they say, of others as they were last seen.
    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        let answers = await shop.plants.machines(matching: query, includeGone: includeGone)
        var found: [MachineID: Machine] = [:]
        var silent: Set<String> = []
        for (url, result) in answers {
            switch result {
            case .success(let machines): for machine in machines { merge(machine, into: &found) }
            case .failure: silent.insert(url)
            }
        }
        let own = try await shop.machines.records(in: Set(MachineState.allCases.filter { includeGone || $0.isShown }))
        for record in own {
            let isSilent = record.extra.plant.map(silent.contains) ?? false
            guard isSilent || !record.machine.state.isAtPlant else { continue }
            let machine = isSilent ? record.machine.remembered : record.machine.advertised
            if query?.matches(machine.attributes) ?? true { merge(machine, into: &found) }
        }
        return found.values.sorted { $0.id < $1.id }
    }

    /// Takes over from the plants the machines that the shop does not know, and the states of those it does.
    func refresh() async throws {
        for (url, result) in await shop.plants.machines(matching: nil, includeGone: false) {
            guard case .success(let machines) = result else { continue }
            for machine in machines { try await take(machine, from: url) }
        }
    }

    private func take(_ machine: Machine, from url: String) async throws {
        let extra = ShopExtra(plant: url, told: [url], policy: shop.settings.costPolicy)
        let (stored, isNew) = try await shop.machines.insert(ShopRecord(machine: machine, document: [], extra: extra))
        let resting: Set<MachineState> = [.ready, .stopped, .lost]
        guard !isNew, stored.extra.plant == url, resting.contains(stored.machine.state), resting.contains(machine.state),
            stored.machine != machine
        else { return }
        try await shop.machines.update(machine.id) { record in
            guard resting.contains(record.machine.state) else { return }
            let allowed = record.machine.state.successors.contains(machine.state)
            let state = allowed ? machine.state : record.machine.state
            record.machine = machine
            record.machine.state = state
        }
    }

    /// Of two plants that have the id, the one that still has the machine counts.
    private func merge(_ machine: Machine, into found: inout [MachineID: Machine]) {
        guard let other = found[machine.id] else { return found[machine.id] = machine }
        if machine.state.holdsResources, !other.state.holdsResources { found[machine.id] = machine }
    }
}

extension MachineState {
    /// Whether a list shows such a machine without being asked for those that are gone.
    fileprivate var isShown: Bool { holdsResources || self == .placing }
}
