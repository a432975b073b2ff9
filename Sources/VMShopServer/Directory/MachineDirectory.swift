import ClassAds
import CostModel
import MachineBook
import ShopAPI

/// The shop's record of machines against what the plants say. The plants are right; what the shop lost it learns from
/// them.
struct MachineDirectory: Sendable {
    let shop: ShopParts

    /// Takes over from the plants the machines that the shop does not know, and the states of those it does.
    func refresh() async throws {
        var answered: [String: Set<MachineID>] = [:]
        for (url, result) in await shop.plants.machines(matching: nil, includeGone: false) {
            guard case .success(let machines) = result else { continue }
            answered[url] = Set(machines.map(\.id))
            for machine in machines { try await take(machine, from: url) }
        }
        for record in try await shop.machines.records(in: [.ready, .stopped, .lost]) {
            guard let url = record.extra.plant, answered[url]?.contains(record.id) == false else { continue }
            try await missed(record.id, at: url)
        }
    }

    /// Looks for a machine that the shop does not know at every plant, and takes it over from the one that has it.
    ///
    /// - Returns: Its row, `nil` when no plant has it, and the plants that could not be asked.
    func find(_ id: MachineID) async throws -> (record: ShopRecord?, silent: [String]) {
        var silent: [String] = []
        for (url, result) in await shop.plants.machine(id).sorted(by: { $0.result.isHolding && !$1.result.isHolding }) {
            switch result {
            case .success(let machine): return (try await take(machine, from: url), [])
            case .failure(let error): if error.code != .machineUnknown { silent.append(url) }
            }
        }
        return (nil, silent)
    }

    /// Takes over what a plant says of a machine, unless the shop itself is at work on it.
    ///
    /// - Returns: The row as it is now.
    @discardableResult
    func take(_ machine: Machine, from url: String) async throws -> ShopRecord {
        let extra = ShopExtra(plant: url, told: [url], policy: shop.settings.costPolicy)
        let (stored, isNew) = try await shop.machines.insert(ShopRecord(machine: machine, document: [], extra: extra))
        guard !isNew, stored.extra.plant == url, stored.followsPlant, stored.machine != machine else { return stored }
        guard let way = stored.machine.state.way(to: machine.state) else { return stored }
        var record = stored
        for state in way.isEmpty ? [stored.machine.state] : way {
            record = try await shop.machines.update(machine.id) { record in
                guard record.extra.plant == url, record.followsPlant else { return }
                record.machine.take(machine)
                if record.machine.state.successors.contains(state) { record.machine.state = state }
            }
        }
        return record
    }

    /// A plant that answered did not list a machine of the shop's: it was collected there, or the plant lost it.
    private func missed(_ id: MachineID, at url: String) async throws {
        let client = shop.plants.client(url, deadline: shop.settings.estimateTimeout)
        switch await shop.plants.outcome(url, { try await client.machine(id) }) {
        case .success(let machine): try await take(machine, from: url)
        case .failure(let error): if error.code == .machineUnknown { try await lose(id, at: url) }
        }
    }

    /// Notes that a plant no longer has a machine.
    func lose(_ id: MachineID, at url: String) async throws {
        let reason = ServiceError(.machineLost, "plant \(await shop.plants.name(url)) no longer has machine \(id)")
        try await shop.machines.update(id) { record in
            guard record.extra.plant == url, record.machine.state.successors.contains(.lost) else { return }
            record.machine.error = reason
            record.machine.state = .lost
        }
    }
}

extension Result where Success == Machine {
    /// Whether it is a machine that holds something.
    fileprivate var isHolding: Bool { (try? get().state.holdsResources) ?? false }
}

extension MachineRecord where Extra == ShopExtra {
    /// Whether it was learnt from a plant: another shop, or this one before it lost its book, placed it.
    var isAdopted: Bool { document.isEmpty }

    /// Whether the plant's word is simply taken over; where the shop is at work its own state counts.
    var followsPlant: Bool {
        switch machine.state {
        case .ready, .stopped, .lost: true
        case .creating, .configuring: isAdopted
        case .placing, .failed, .collecting, .collected: false
        }
    }
}

extension MachineState {
    /// The states on the shortest way from this one to another, both left out and in: empty when they are the same,
    /// `nil` when there is no way.
    func way(to goal: MachineState) -> [MachineState]? {
        var ways: [MachineState: [MachineState]] = [self: []]
        var front = [self]
        while ways[goal] == nil, !front.isEmpty {
            var next: [MachineState] = []
            for state in front {
                for successor in state.successors.sorted(by: { $0.rawValue < $1.rawValue }) where ways[successor] == nil
                {
                    ways[successor] = (ways[state] ?? []) + [successor]
                    next.append(successor)
                }
            }
            front = next
        }
        return ways[goal]
    }
}
