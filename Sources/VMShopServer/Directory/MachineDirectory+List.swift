import ClassAds
import MachineBook
import ShopAPI

extension MachineDirectory {
    /// A page of the machines that match a query: of the plants that answer as they say, of others as they were last seen.
    /// What the shop is at work on is shown in the shop's state.
    func page(_ page: MachinePage) async throws -> [Machine] {
        var found: [Machine] = []
        // A plant that did not answer is not waited for again.
        var silent: Set<String> = []
        var next = page
        next.limit = min(page.limit, MachinePage.usualLimit)
        while found.count < page.limit {
            let (machines, end) = try await part(next, &silent)
            found += machines
            guard let end else { break }
            next.after = end
        }
        return Array(found.prefix(page.limit))
    }

    /// As much of a list as all plants have told of.
    ///
    /// - Returns: The machines, and where it ends: a plant may have more from there on.
    private func part(_ page: MachinePage, _ silent: inout Set<String>) async throws -> ([Machine], end: MachineID?) {
        var seen: [MachineID: [String: Machine]] = [:]
        var answered: Set<String> = []
        var end: MachineID?
        for (url, result) in await shop.plants.machines(page, except: silent) {
            guard case .success(let machines) = result else {
                silent.insert(url)
                continue
            }
            answered.insert(url)
            for machine in machines { seen[machine.id, default: [:]][url] = machine }
            if machines.count == page.limit, let last = machines.last?.id { end = min(end ?? last, last) }
        }
        var found: [Machine] = []
        let states = MachineState.allCases.filter { page.includeGone || $0.isShown }
        let records = shop.machines.records(in:after:through:documents:)
        for record in try await records(Set(states), page.after, end, false) {
            let atPlants = seen.removeValue(forKey: record.id) ?? [:]
            guard let machine = shown(record, atPlants, answered, isWhole: page.query == nil) else { continue }
            if page.query?.matches(machine.attributes) ?? true { found.append(machine) }
        }
        for (id, atPlants) in seen {
            if let end, id > end { continue }
            // A machine whose record here is not to be shown is one that failed or was collected: the shop is rid of it, unless
            // another shop has it made anew. One that was learnt from the plants since the records were read is shown.
            let record = try await shop.machines.record(id)
            let isShown = record.map { $0.machine.state.isShown || $0.isReplaced(by: atPlants) } ?? true
            guard page.includeGone || isShown, let machine = atPlants.values.theOne else { continue }
            found.append(machine)
        }
        return (found.sorted { $0.id < $1.id }, end)
    }

    /// A machine of the shop's book as a list shows it, before the query; `nil` when the plant's answer leaves it out.
    private func shown(
        _ record: ShopRecord,
        _ atPlants: [String: Machine],
        _ answered: Set<String>,
        isWhole: Bool
    ) -> Machine? {
        guard let plant = record.extra.plant, record.isAtPlant else { return record.machine.advertised }
        guard answered.contains(plant) else { return record.machine.remembered }
        // The shop that has it made may have gone to another plant since this one heard of it.
        // Whether it has, is not seen where plants leave out what does not match.
        if record.followsPlant {
            return atPlants[plant] ?? (record.isAdopted && isWhole ? atPlants.values.theOne : nil)
        }
        return record.machine.seen(as: atPlants[plant])
    }
}

extension ShopRecord {
    /// Whether a plant has a machine that is not the one which the row is about.
    fileprivate func isReplaced(by atPlants: [String: Machine]) -> Bool {
        atPlants.contains { url, machine in sighting(of: machine, at: url) == .replacement }
    }
}

extension Machine {
    /// The machine with what the plant knows of it, in the shop's own state.
    func seen(as plants: Machine?) -> Machine {
        guard let plants, plants.id == id else { return advertised }
        var machine = self
        machine.take(plants)
        return machine.advertised
    }
}

extension Collection<Machine> {
    /// Of several plants that have an id, the one that still has the machine counts.
    fileprivate var theOne: Machine? { first { $0.state.isAlive } ?? first { $0.state.holdsResources } ?? first }
}

extension MachineState {
    /// Whether a list shows such a machine without being asked for those that are gone.
    fileprivate var isShown: Bool { holdsResources || self == .placing }
}
