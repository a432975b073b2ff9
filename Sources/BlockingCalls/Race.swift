import Synchronization

/// Resumes a continuation once: whoever comes first wins.
public final class Race<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Value, Never>?>

    /// A race for the end of a wait.
    public init(_ continuation: CheckedContinuation<Value, Never>) {
        waiting = Mutex(continuation)
    }

    /// Whether nobody has won yet.
    public var isOpen: Bool { waiting.withLock { $0 != nil } }

    /// Ends the wait with a value.
    ///
    /// - Returns: Whether this was the first.
    @discardableResult
    public func finish(_ value: Value) -> Bool {
        let first = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        first?.resume(returning: value)
        return first != nil
    }
}
