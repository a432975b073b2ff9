public import Logging
import Synchronization

/// Keeps what is logged, so that a test can look for what must, or must not, be in it.
public final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    /// A recorder without any lines.
    public init() {}

    /// The lines so far: level, message, metadata.
    public var lines: [String] { kept.withLock { $0 } }

    /// A logger that writes here, at every level.
    public func logger(_ label: String = "test") -> Logger {
        var logger = Logger(label: label) { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            recorder.kept.withLock { $0.append("\(event.level) \(event.message)\(pairs)") }
        }
    }
}
