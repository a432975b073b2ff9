import MachineBook
import ShopAPI

/// Tells one shop how machines get on: of each what happened since it was told of last.
actor ProgressTeller {
    private let machines: MachineStore<PlantExtra>
    private let changes: ChangedMachines
    /// The last event of each machine that was told.
    private var told: [MachineID: Int] = [:]

    init(_ machines: MachineStore<PlantExtra>, wake: @escaping @Sendable () -> Void) async {
        self.machines = machines
        changes = await machines.watch(wake)
    }

    /// What is to be told now.
    ///
    /// - Throws: What keeps the book from being read.
    func pages() async throws -> [EventPage] {
        var pages: [EventPage] = []
        for id in changes.take().sorted() {
            var page = try await machines.progress(of: id, after: told[id] ?? 0)
            // Nobody follows a machine that rests and to which nothing happened.
            guard !page.events.isEmpty || !page.state.isResting else { continue }
            told[id] = page.state.holdsResources ? page.events.last?.sequence ?? told[id] : nil
            if page.events.count == EventPage.most { changes.add(id) }
            page.machine = page.machine?.advertised
            pages.append(page)
        }
        return pages
    }

    func end() async { await machines.unwatch(changes) }
}
