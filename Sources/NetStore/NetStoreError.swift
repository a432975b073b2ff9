/// Why the network store could not do what it was asked.
public struct NetStoreError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    public enum Code: String, Sendable, Hashable, Codable {
        /// A name, address, path or setting is not acceptable. Trying again does not help.
        case invalid
        /// No address, subnet or export id is free. Collecting a machine helps, or a larger pool.
        case exhausted
        /// What is there already contradicts what was asked.
        case conflict
        /// What was named is not there.
        case notFound
        /// The network is being removed. Try again when that is done.
        case busy
        /// The service behind it (bus, NFS server, hypervisor, kernel) is not there.
        case unavailable
        /// The service behind it did not answer in time: the outcome is not known, ask again.
        case timedOut
        /// The service behind it said no.
        case refused
        /// This host or driver cannot do that.
        case unsupported
        /// A guest left something in its share that is not what was agreed.
        case tampered
        /// The book's database failed.
        case database
        /// Anything else; the message says what.
        case failed
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, where, and what to do, for a person.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The kind and the message on one line.
    public var description: String { "\(code.rawValue): \(message)" }
}
