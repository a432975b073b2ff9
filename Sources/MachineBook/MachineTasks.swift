public import ShopAPI

/// The work under way on machines: at most one piece of it on each.
public actor MachineTasks {
    /// What is done to a machine.
    public enum Work: Sendable, Hashable {
        /// It is being made.
        case creating
        /// A further graph is being applied.
        case configuring
        /// It is being destroyed.
        case collecting
        /// It is no machine of anybody's: a warm image is being made with it.
        case warming
        /// An image is being made of it.
        case publishing
        /// Book and host are being made to agree about it: short, and no reason to turn other work away.
        case settling
    }

    /// Nothing under way.
    public init() {}

    private struct Entry {
        var work: Work
        var number: Int
        var task: Task<Void, Never>
    }

    private var entries: [MachineID: Entry] = [:]
    private var count = 0
    private var isClosed = false

    /// The machines that are being worked on.
    public var busy: Set<MachineID> { Set(entries.keys) }

    /// Whether any work of a kind is under way.
    public func isUnderWay(_ work: Work) -> Bool { entries.values.contains { $0.work == work } }

    /// The work under way on a machine, to wait for.
    ///
    /// - Returns: The work; what begins later is not waited for with it.
    public func current(_ id: MachineID) -> Task<Void, Never>? { entries[id]?.task }

    /// Begins a piece of work, unless the machine is being worked on. Settling is waited for.
    ///
    /// What the work relies on must be looked at in its body: only from there on it is alone with the machine.
    ///
    /// - Returns: Whether it was begun.
    @discardableResult
    public func begin(
        _ work: Work,
        on id: MachineID,
        _ body: @escaping @Sendable @concurrent () async -> Void
    ) async -> Bool {
        while let entry = entries[id], entry.work == .settling, work != .settling { await entry.task.value }
        guard entries[id] == nil, !isClosed else { return false }
        start(work, on: id, body)
        return true
    }

    /// Begins a piece of work in the place of what is under way, which is cancelled and waited for. Where the same kind
    /// of work is under way already, that goes on and nothing is begun.
    public func supersede(
        with work: Work,
        on id: MachineID,
        _ body: @escaping @Sendable @concurrent () async -> Void
    ) async {
        while let entry = entries[id] {
            guard entry.work != work else { return }
            entry.task.cancel()
            await entry.task.value
        }
        // No suspension since the last look: nobody else can have begun.
        guard !isClosed else { return }
        start(work, on: id, body)
    }

    /// Waits until the machine is not being worked on.
    public func join(_ id: MachineID) async {
        while let entry = entries[id] { await entry.task.value }
    }

    /// Cancels the work on a machine and waits until it has ended; work of kind `kept` is only waited for.
    public func stop(_ id: MachineID, butKeep kept: Work) async {
        if let entry = entries[id], entry.work != kept { entry.task.cancel() }
        await join(id)
    }

    /// Cancels all work, waits until it has ended, and lets none begin any more.
    public func close() async {
        isClosed = true
        let tasks = entries.values.map(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func start(_ work: Work, on id: MachineID, _ body: @escaping @Sendable @concurrent () async -> Void) {
        count += 1
        let number = count
        // UNSTRUCTURED: outlives the call that asked for it; ends by itself, or by `supersede` or `close`.
        let task = Task {
            await body()
            finish(id, number)
        }
        entries[id] = Entry(work: work, number: number, task: task)
    }

    private func finish(_ id: MachineID, _ number: Int) {
        if entries[id]?.number == number { entries[id] = nil }
    }
}
