/// Why a command to QEMU's monitor did not succeed.
public struct QMPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public var code: Code
    /// What failed, and why.
    public var message: String

    /// Kinds of failure.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// Nobody listens, or the connection ended: QEMU has ended, or somebody else speaks with it.
        case unavailable
        /// QEMU did not answer in time; the command may still take effect.
        case timedOut
        /// QEMU answered that it does not do it.
        case refused
        /// What came is not what QEMU sends: the connection was given up.
        case garbled
    }

    /// An error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: What failed, and why.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
