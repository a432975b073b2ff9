/// Why a hypervisor did not do what it was asked.
public struct HypervisorError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of failure it is; decides what a caller can do about it.
    public var code: Code
    /// What failed, where, and what to do.
    public var message: String

    /// Kinds of failure.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// The hypervisor cannot be reached: try again later.
        case unavailable
        /// The call did not end by its deadline; it may still take effect. Ask for the state, then repeat.
        case timedOut
        /// The hypervisor, or a check of ours, does not accept the request: change it.
        case refused
        /// Something else has the name, target or address.
        case conflict
        /// No domain, or network, has the name.
        case notFound
        /// This hypervisor cannot do it.
        case unsupported
        /// It went wrong; the message says how.
        case failed
    }

    /// An error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: What failed, where, and what to do.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message in one line.
    public var description: String { "\(code.rawValue): \(message)" }
}
