import Dispatch
import Synchronization

/// Resumes a continuation once: whoever comes first wins.
final class Race<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Value, Never>?>

    init(_ continuation: CheckedContinuation<Value, Never>) {
        self.waiting = Mutex(continuation)
    }

    /// Ends the wait with this value; answers whether this was the first.
    @discardableResult
    func finish(_ value: Value) -> Bool {
        let first = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        first?.resume(returning: value)
        return first != nil
    }
}

/// Does something after a time, unless it is cancelled before.
struct Deadline: Sendable {
    private static let queue = DispatchQueue(label: "dbus deadlines")
    // SAFETY: dispatch sources are thread-safe, though not marked so.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer

    init(_ time: Duration, _ body: @escaping @Sendable () -> Void) {
        let (seconds, attoseconds) = time.components
        timer = DispatchSource.makeTimerSource(queue: Self.queue)
        timer.setEventHandler(handler: body)
        let interval = Int(clamping: seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        timer.schedule(deadline: .now() + .microseconds(interval))
        timer.activate()
    }

    func cancel() { timer.cancel() }
}
