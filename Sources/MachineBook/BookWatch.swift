public import ServiceLifecycle

/// Ends a service whose disk has failed beneath its book. Its manager starts it again, and it goes on from what is on the disk then.
public struct BookWatch: Service {
    /// Makes a watch.
    public init() {}

    /// Waits for a failure; returns when the service is told to stop.
    ///
    /// - Throws: The failure.
    public func run() async throws {
        if let failure = await cancelWhenGracefulShutdown({ await BookDisk.awaitFailure() }) { throw failure }
    }
}
