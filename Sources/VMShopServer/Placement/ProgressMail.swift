import ShopAPI

/// What plants tell, in the streams that the shop listens to, of the machines that somebody follows. Where it cannot be relied on, as when a
/// stream ended, who follows is told so and asks the plant.
actor ProgressMail {
    /// What came for one who follows a machine.
    private struct Box {
        let plant: String
        /// What was not read yet.
        var page: EventPage?
        /// Whether all that happened since the box was opened, or its owner asked the plant, is or was in it.
        var isWhole: Bool
        var waiter: (continuation: CheckedContinuation<EventPage?, Never>, end: ContinuousClock.Instant)?
    }

    private var boxes: [MachineID: Box] = [:]
    /// The plants whose streams tell how machines get on.
    private var telling: Set<String> = []

    /// From now on what the plant tells of the machine is kept; before the plant is told of it, so that nothing is missed.
    func open(_ id: MachineID, at plant: String) {
        guard boxes[id]?.plant != plant else { return }
        close(id)
        boxes[id] = Box(plant: plant, isWhole: telling.contains(plant))
    }

    /// Nobody follows the machine any more.
    func close(_ id: MachineID) { boxes.removeValue(forKey: id)?.waiter?.continuation.resume(returning: nil) }

    /// Takes what a plant told.
    func take(_ pages: [EventPage], from plant: String) {
        telling.insert(plant)
        for page in pages {
            guard let id = page.machine?.id, let box = boxes[id], box.plant == plant else { continue }
            if let waiter = box.waiter {
                boxes[id]?.waiter = nil
                waiter.continuation.resume(returning: page)
            } else if let whole = box.page.map({ $0.followed(by: page) }) ?? page {
                boxes[id]?.page = whole
            } else {
                boxes[id]?.page = nil
                boxes[id]?.isWhole = false
            }
        }
    }

    /// The plant tells nothing any more.
    func end(_ plant: String) {
        telling.remove(plant)
        for (id, box) in boxes where box.plant == plant {
            boxes[id]?.isWhole = false
            wake(id)
        }
    }

    /// Whether nothing is missing of what happened to a machine.
    func isWhole(_ id: MachineID) -> Bool { boxes[id]?.isWhole ?? false }

    /// Who follows the machine asks the plant now, and needs nothing that came before.
    ///
    /// - Returns: Whether what happens from now on comes by itself.
    func restart(_ id: MachineID) -> Bool {
        guard let box = boxes[id] else { return false }
        boxes[id]?.page = nil
        boxes[id]?.isWhole = telling.contains(box.plant)
        return telling.contains(box.plant)
    }

    /// The next that came of a machine.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - limit: How long it is waited for, to a second.
    /// - Returns: What came; nothing where something is missing, the time is over or the task was cancelled.
    func next(_ id: MachineID, atMost limit: Duration) async -> EventPage? {
        guard isWhole(id), !Task.isCancelled else { return nil }
        if let page = boxes[id]?.page {
            boxes[id]?.page = nil
            return page
        }
        let end = ServiceTime.now + limit
        return await withTaskCancellationHandler {
            await withCheckedContinuation { boxes[id]?.waiter = ($0, end) }
        } onCancel: {
            // UNSTRUCTURED: a handler cannot wait.
            Task { await wake(id) }
        }
    }

    /// Tells those who waited long enough.
    func endOldWaits() {
        let now = ServiceTime.now
        for (id, box) in boxes where box.waiter.map({ $0.end <= now }) == true { wake(id) }
    }

    private func wake(_ id: MachineID) {
        guard let waiter = boxes[id]?.waiter else { return }
        boxes[id]?.waiter = nil
        waiter.continuation.resume(returning: nil)
    }
}

extension EventPage {
    /// This page and what a later one says: nothing where something is missing between them, or it would be more than a page may have. So
    /// a plant cannot fill the shop's memory.
    fileprivate func followed(by next: EventPage) -> EventPage? {
        guard let last = events.last?.sequence ?? after, let after = next.after, after <= last else { return nil }
        var page = next
        page.events = events + next.events.filter { $0.sequence > last }
        page.after = self.after
        return page.events.count <= EventPage.most ? page : nil
    }
}
