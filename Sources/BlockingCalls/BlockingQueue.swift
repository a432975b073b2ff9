import Dispatch

/// Where calls that block are made: threads of Dispatch, never those of the cooperative pool, of which there are as many
/// as processors.
///
/// This room is the one place that leaves the pool: for work that ends by itself there is this queue; for calls that may
/// hang, ``Race`` and ``Deadline`` let their callers go on.
public struct BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// A queue that does any number of things at once.
    ///
    /// - Parameter label: What debuggers show.
    public init(_ label: String) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
    }

    /// Runs a body that may block, and waits for it without holding a thread that may not.
    ///
    /// - Returns: What the body returns.
    /// - Throws: What the body throws.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(Failure) -> Value in try body() }) }
        }
        return try result.get()
    }
}
