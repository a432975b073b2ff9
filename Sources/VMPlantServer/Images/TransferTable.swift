import Warehouse

/// Which images are on their way: who asks for one that is joins in, and so many travel at a time.
///
/// A value: it is told what happens, and says what is to be done.
struct TransferTable: Sendable {
    /// What one transfer is at.
    private struct Entry: Sendable {
        var waiters: Set<Int> = []
        /// Whether it goes on though nobody waits.
        var isKept = false
        var isRunning = false
    }

    private let limit: Int
    private var entries: [ImageReference: Entry] = [:]
    /// Those that are not begun yet, the first that came first.
    private var queue: [ImageReference] = []

    /// A table with nothing in it.
    ///
    /// - Parameter limit: How many transfers run at a time.
    init(limit: Int) { self.limit = limit }

    /// The transfers that run.
    var running: Int { entries.values.count(where: \.isRunning) }

    /// Notes that somebody wants an image.
    ///
    /// - Parameters:
    ///   - waiter: Who waits for it; nobody, if it is only to be there later.
    ///   - image: The image.
    /// - Returns: Whether its transfer is to be begun now.
    mutating func ask(_ waiter: Int?, for image: ImageReference) -> Bool {
        let isNew = entries[image] == nil
        if let waiter {
            entries[image, default: Entry()].waiters.insert(waiter)
        } else {
            entries[image, default: Entry()].isKept = true
        }
        guard isNew else { return false }
        guard running < limit else {
            queue.append(image)
            return false
        }
        entries[image]?.isRunning = true
        return true
    }

    /// Notes that somebody waits no longer.
    ///
    /// - Returns: Whether the transfer is to be ended, since nobody wants it any more.
    mutating func leave(_ waiter: Int, _ image: ImageReference) -> Bool {
        guard entries[image]?.waiters.remove(waiter) != nil, let entry = entries[image] else { return false }
        guard entry.waiters.isEmpty, !entry.isKept else { return false }
        guard entry.isRunning else {
            entries[image] = nil
            queue.removeAll { $0 == image }
            return false
        }
        return true
    }

    /// Notes that a transfer is over, whatever came of it.
    ///
    /// - Returns: Who waited for it, and the transfer that is to be begun in its place.
    mutating func end(_ image: ImageReference) -> (waiters: Set<Int>, next: ImageReference?) {
        let waiters = entries.removeValue(forKey: image)?.waiters ?? []
        guard running < limit, !queue.isEmpty else { return (waiters, nil) }
        let next = queue.removeFirst()
        entries[next]?.isRunning = true
        return (waiters, next)
    }
}
