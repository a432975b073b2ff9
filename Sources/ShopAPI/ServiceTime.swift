/// The time that services go by. They ask nobody else, so that they can be tried in simulated time.
public enum ServiceTime {
    /// The process that tells the time: the one that the task belongs to.
    @TaskLocal public static var process: any ServiceProcess = HostProcess()

    /// The time that durations are measured by.
    public static var now: ContinuousClock.Instant { process.now }

    /// Returns after a while.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public static func sleep(for duration: Duration) async throws {
        let process = process
        try await process.sleep(until: process.now + duration)
    }
}
