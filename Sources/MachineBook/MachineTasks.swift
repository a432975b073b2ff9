public import ShopAPI

/// The work under way on machines: at most one piece of it on each.
public actor MachineTasks {
    /// What is done to a machine.
    public enum Work: Sendable, Hashable { case creating, configuring, collecting }

    /// Nothing under way.
    public init() {}

    private struct Entry {
        var work: Work
        var number: Int
        var task: Task<Void, Never>
    }

    private var entries: [MachineID: Entry] = [:]
    private var count = 0

    /// The machines that are being worked on.
    public var busy: Set<MachineID> { Set(entries.keys) }

    /// Begins a piece of work, unless the machine is being worked on.
    ///
    /// - Returns: Whether it was begun.
    @discardableResult
    public func begin(_ work: Work, on id: MachineID, _ body: @escaping @Sendable () async -> Void) -> Bool {
        guard entries[id] == nil else { return false }
        count += 1
        let number = count
        // UNSTRUCTURED: outlives the call that asked for it; ends by itself, or by `stop(_:on:)`.
        let task = Task {
            await body()
            finish(id, number)
        }
        entries[id] = Entry(work: work, number: number, task: task)
        return true
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

    private func finish(_ id: MachineID, _ number: Int) {
        if entries[id]?.number == number { entries[id] = nil }
    }
}
