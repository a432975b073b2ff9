/// Something that happened to a marked domain.
public struct HypervisorEvent: Sendable, Hashable, Codable {
    /// What happened.
    public var kind: Kind
    /// The domain's name.
    public var name: String
    /// Our identifier of the machine.
    public var machineID: String

    /// What can happen to a domain.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// It runs.
        case started
        /// It ended: the guest powered off, or somebody ended it.
        case stopped
        /// It failed: its process ended of itself, or its guest panicked.
        case crashed
    }

    /// An event.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - name: The domain's name.
    ///   - machineID: Our identifier of the machine.
    public init(_ kind: Kind, name: String, machineID: String) {
        self.kind = kind
        self.name = name
        self.machineID = machineID
    }
}
