import Glibc
import Synchronization

/// What has arrived at a socket and is no whole line yet.
final class QMPInbox: Sendable {
    private let lines = Mutex(QMPLines())

    /// Reads once.
    ///
    /// - Returns: The lines that are whole now; nothing when there is nothing to read.
    /// - Throws: `.unavailable` at the end of the connection, `.garbled` for a line without end.
    func read(_ socket: Int32) throws(QMPError) -> [[UInt8]]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(socket, &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else { throw QMPError(.unavailable, "QEMU has ended, or closed its monitor") }
        let piece = buffer[..<count]
        return try lines.withLock { lines throws(QMPError) in try lines.append(piece) }
    }
}
