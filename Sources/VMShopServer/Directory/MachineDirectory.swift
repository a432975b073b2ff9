import ClassAds
import CostModel
import MachineBook
import ShopAPI

/// The shop's record of machines against what the plants say. The plants are right; what the shop lost it learns from
/// them.
struct MachineDirectory: Sendable {
    let shop: ShopParts

    /// So many machines are looked at in one transaction.
    private static let batch = 100

    /// Takes over from the plants the machines that the shop does not know, and the states of those it does.
    func refresh() async throws {
        var answered: [String: Set<MachineID>] = [:]
        for (url, result) in await shop.plants.allMachines() {
            guard case .success(let machines) = result else { continue }
            answered[url] = Set(machines.map(\.id))
            for start in stride(from: 0, to: machines.count, by: Self.batch) {
                let batch = machines[start..<min(start + Self.batch, machines.count)]
                try await shop.machines.write { [self] transaction in
                    for machine in batch { _ = try take(machine, from: url, &transaction) }
                }
            }
        }
        let present = Set(MachineState.allCases.filter(\.isAlive)).union([.lost])
        for record in try await shop.machines.records(in: present, documents: false) where record.followsPlant {
            guard let url = record.extra.plant, answered[url]?.contains(record.id) == false else { continue }
            try await missed(record.id, at: url)
        }
    }

    /// Looks for a machine that the shop does not know at every plant, and takes it over from the one that has it. That it
    /// is gone is believed only when nobody is left who may have it.
    ///
    /// - Returns: Its row, `nil` when no plant has it, and the plants that could not be asked.
    func find(_ id: MachineID) async throws -> (record: ShopRecord?, silent: [String]) {
        var silent: [String] = []
        var found: [(url: String, machine: Machine)] = []
        for (url, result) in try await shop.plants.machine(id) {
            switch result {
            case .success(let machine) where machine.id == id: found.append((url, machine))
            case .success: silent.append(url)
            // Whoever is asked in a circle is asked already.
            case .failure(let error): if ![.machineUnknown, .loop].contains(error.code) { silent.append(url) }
            }
        }
        guard silent.isEmpty || found.contains(where: { $0.machine.state.isHolding }) else { return (nil, silent) }
        // The living first, then what holds something: the others are seen beside it.
        found.sort { $0.machine.state.rank < $1.machine.state.rank }
        var record: ShopRecord?
        for (url, machine) in found { record = try await take(machine, from: url) }
        return (record, [])
    }

    /// Takes over what a plant says of a machine, unless the shop itself is at work on it.
    ///
    /// - Returns: The row as it is now.
    @discardableResult
    func take(_ machine: Machine, from url: String) async throws -> ShopRecord {
        try await shop.machines.write { [self] transaction in try take(machine, from: url, &transaction) }
    }

    private func take(
        _ machine: Machine,
        from url: String,
        _ transaction: inout MachineTransaction<ShopExtra>
    ) throws -> ShopRecord {
        let extra = ShopExtra(plant: url, told: [url], policy: shop.settings.policy)
        let (stored, isNew) = try transaction.insert(ShopRecord(machine: machine, document: [], extra: extra))
        guard !isNew else {
            // Somebody else is at it; whoever knows of it helps.
            if machine.state == .collecting { try transaction.owe(machine.id, at: url) }
            return stored
        }
        switch stored.sighting(of: machine, at: url) {
        case .nothing:
            return stored
        case .news:
            let record = try follow(machine, stored, &transaction)
            if record.machine.state == .collecting { try transaction.owe(machine.id, at: url) }
            return record
        case .elsewhere:
            return try remember(machine.id, at: url, &transaction)
        case .unwanted:
            try transaction.owe(machine.id, at: url)
            return try remember(machine.id, at: url, &transaction)
        case .replacement:
            var record = ShopRecord(machine: machine, document: [], extra: extra)
            record.extra.told = stored.extra.holders.union([url]).sorted()
            try transaction.replace(record)
            return record
        }
    }

    private func follow(
        _ machine: Machine,
        _ stored: ShopRecord,
        _ transaction: inout MachineTransaction<ShopExtra>
    ) throws -> ShopRecord {
        guard let way = stored.machine.state.way(to: machine.state) else { return stored }
        var record = stored
        for state in way.isEmpty ? [stored.machine.state] : way {
            record = try transaction.update(machine.id) { record in
                record.machine.take(machine)
                record.machine.state = state
            }
        }
        return record
    }

    private func remember(
        _ id: MachineID,
        at url: String,
        _ transaction: inout MachineTransaction<ShopExtra>
    ) throws -> ShopRecord {
        try transaction.update(id) { record in
            guard !record.extra.holders.contains(url) else { return }
            record.extra.elsewhere = (record.extra.elsewhere ?? []) + [url]
        }
    }

    /// A plant that answered did not list a machine of the shop's: it was collected there, or the plant lost it.
    private func missed(_ id: MachineID, at url: String) async throws {
        let client = shop.plants.client(url, deadline: shop.settings.estimateTimeout)
        switch await shop.plants.outcome(url, { try await client.machine(id) }) {
        case .success(let machine): if machine.id == id { try await take(machine, from: url) }
        case .failure(let error): if error.code == .machineUnknown { try await lose(id, at: url) }
        }
    }

    /// Notes that a plant no longer has a machine. One that was never finished has failed.
    func lose(_ id: MachineID, at url: String) async throws {
        let reason = ServiceError(.machineLost, "plant \(await shop.plants.name(url)) no longer has machine \(id)")
        try await shop.machines.update(id) { record in
            let next = [MachineState.lost, .failed].first(where: record.machine.state.successors.contains)
            let isItsWord = record.followsPlant || record.machine.state == .configuring
            guard record.extra.plant == url, isItsWord, let next else { return }
            record.machine.error = reason
            record.machine.state = next
        }
    }
}

extension MachineState {
    /// Whether there is something of the machine, or is about to be.
    fileprivate var isHolding: Bool { holdsResources || self == .placing }

    /// What counts first where plants say different things of a machine.
    fileprivate var rank: Int { isAlive ? 0 : isHolding ? 1 : 2 }

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
