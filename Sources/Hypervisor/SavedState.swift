/// The memory and the devices of a domain that was saved while it ran, as files.
public struct SavedState: Sendable, Hashable, Codable {
    /// What the files are.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// One save image of libvirt's QEMU driver; each domain reads it into memory of its own.
        case restore
        /// The state of the devices, and the memory as QEMU maps it; domains share it until they write.
        case template
    }

    /// What the files are.
    public var kind: Kind
    /// Absolute path of the save image, or of the state of the devices.
    public var statePath: String
    /// Absolute path of the memory, of a template.
    public var memoryPath: String?
    /// `sha256:` and the digest of the state's bytes in hexadecimal: a template is started from only when it is right.
    public var stateDigest: String?
    /// The same of the memory's bytes.
    public var memoryDigest: String?
    /// libvirt's versioned machine type that it was saved with; nothing where it is yet to be saved.
    public var machineType: String?

    /// A state.
    ///
    /// - Parameters:
    ///   - kind: What the files are.
    ///   - statePath: Absolute path of the save image, or of the state of the devices.
    ///   - memoryPath: Absolute path of the memory, of a template.
    ///   - machineType: The versioned machine type that it was saved with.
    public init(kind: Kind, statePath: String, memoryPath: String? = nil, machineType: String? = nil) {
        self.kind = kind
        self.statePath = statePath
        self.memoryPath = memoryPath
        self.machineType = machineType
    }
}
