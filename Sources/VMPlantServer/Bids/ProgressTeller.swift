import ClassAds
import MachineBook
import ShopAPI

/// Tells one shop how machines get on: of each what happened since it was told of last.
actor ProgressTeller {
    private let machines: MachineStore<PlantExtra>
    private let changes: ChangedMachines
    /// The last event of each machine that was told.
    private var told: [MachineID: Int] = [:]
    /// More bytes do not go into one word, which the bids of the plant must not wait for, nor be lost with.
    private let most: Int

    init(_ machines: MachineStore<PlantExtra>, most: Int = 1 << 20, wake: @escaping @Sendable () -> Void) async {
        (self.machines, self.most) = (machines, most)
        changes = await machines.watch(wake)
    }

    /// What is to be told now.
    ///
    /// - Throws: What keeps the book from being read.
    func pages() async throws -> [EventPage] {
        var (pages, room): ([EventPage], Int) = ([], most)
        for id in changes.take().sorted() {
            guard room > 0 else {
                changes.add(id)
                continue
            }
            var page = try await machines.progress(of: id, after: told[id] ?? 0)
            // Nobody follows a machine that rests and to which nothing happened.
            guard !page.events.isEmpty || !page.state.isResting else { continue }
            told[id] = page.state.holdsResources ? page.events.last?.sequence ?? told[id] : nil
            if page.events.count == EventPage.most { changes.add(id) }
            page.machine = page.machine?.advertised
            let size = try WireCoding.encode(page).count
            pages.append(size <= most ? page : page.hint)
            room -= min(size, most)
        }
        return pages
    }

    func end() async { await machines.unwatch(changes) }
}

extension EventPage {
    /// That something happened to the machine, and no more: who follows it sees that something is missing, and asks.
    fileprivate var hint: EventPage {
        var machine = machine
        machine?.actions = []
        machine?.attributes = Attributes()
        return EventPage(events: [], state: state, machine: machine)
    }
}
