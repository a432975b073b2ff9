import ShopAPI
import Synchronization

/// What happened in a trial, line by line, for people who look for the reason of something.
final class TrialLog: Sendable {
    private let clock: VirtualClock
    private let state = Mutex<[String]>([])

    /// An empty log.
    init(_ clock: VirtualClock) { self.clock = clock }

    /// All lines.
    var lines: [String] { state.withLock { $0 } }

    /// Adds a line.
    func note(_ text: String) {
        let milliseconds = String(Int((clock.elapsed.seconds * 1_000).rounded()) % 1_000 + 1_000).dropFirst()
        let line = "\(clock.elapsed.components.seconds).\(milliseconds) s  \(text)"
        state.withLock { $0.append(line) }
    }
}
