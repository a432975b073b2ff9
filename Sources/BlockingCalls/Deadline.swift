import Dispatch

/// Does something after a time, unless it is cancelled before.
public struct Deadline: Sendable {
    private static let queue = DispatchQueue(label: "vmshop.deadlines")
    // SAFETY: dispatch sources are thread-safe, though not marked so.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer

    /// Sets a deadline.
    public init(_ time: Duration, _ body: @escaping @Sendable () -> Void) {
        let (seconds, attoseconds) = time.components
        timer = DispatchSource.makeTimerSource(queue: Self.queue)
        timer.setEventHandler(handler: body)
        let interval = Int(clamping: seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        timer.schedule(deadline: .now() + .microseconds(interval))
        timer.activate()
    }

    /// Takes it back; nothing when it has passed.
    public func cancel() { timer.cancel() }
}
