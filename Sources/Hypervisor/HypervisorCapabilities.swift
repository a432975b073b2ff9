/// What a hypervisor and its host can do.
public struct HypervisorCapabilities: Sendable, Hashable, Codable {
    /// libvirt's domain type that `auto` resolves to: `kvm`, `qemu` or `test`.
    public var type: String
    /// Whether KVM is proven to work here.
    public var kvmUsable: Bool
    /// Why KVM is usable, or what is missing.
    public var kvmReason: String
    /// The hypervisor's version, `7.2.22` say.
    public var version: String
    /// The host's memory in bytes.
    public var hostMemory: Int
    /// The host's processors.
    public var hostCPUs: Int
    /// The host's architecture, `x86_64` say.
    public var architecture: String
    /// The processor that guests see: a memory state wakes up on no other.
    public var processor = emulatedProcessor
    /// The kinds of saved states that domains can wake from here.
    public var wakes: Set<SavedState.Kind> = []

    /// The processor that emulated guests see.
    public static let emulatedProcessor = "maximum"

    /// Capabilities.
    ///
    /// - Parameters:
    ///   - type: libvirt's domain type.
    ///   - kvmUsable: Whether KVM is proven to work.
    ///   - kvmReason: Why, or what is missing.
    ///   - version: The hypervisor's version.
    ///   - hostMemory: The host's memory in bytes.
    ///   - hostCPUs: The host's processors.
    ///   - architecture: The host's architecture.
    public init(
        type: String,
        kvmUsable: Bool,
        kvmReason: String,
        version: String,
        hostMemory: Int,
        hostCPUs: Int,
        architecture: String
    ) {
        self.type = type
        self.kvmUsable = kvmUsable
        self.kvmReason = kvmReason
        self.version = version
        self.hostMemory = hostMemory
        self.hostCPUs = hostCPUs
        self.architecture = architecture
    }
}
