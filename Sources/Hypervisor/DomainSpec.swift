/// All that a hypervisor needs to know to make a machine.
public struct DomainSpec: Sendable, Hashable, Codable {
    /// The domain's name, unique on the hypervisor: `[a-z0-9][a-z0-9-]{0,62}`.
    public var name: String
    /// The domain's UUID in its usual notation; the hypervisor picks one when absent.
    public var uuid: String?
    /// Our identifier of the machine, written into the domain's metadata.
    public var machineID: String
    /// Memory in bytes; rounded up to whole KiB.
    public var memory: Int
    /// Virtual processors, at least one.
    public var cpus: Int
    /// The processor architecture, as libvirt names it.
    public var architecture: String
    /// Whether the guest's processor is the host's or emulated.
    public var accelerate: Acceleration
    /// Disks and CD-ROMs, in the order in which the firmware tries to boot them.
    public var disks: [DiskSpec]
    /// The one network interface, if any.
    public var interface: InterfaceSpec?
    /// Kernel and initial RAM disk to start directly; without it the firmware boots the first disk.
    public var boot: DirectBoot?
    /// Absolute path of the file that the guest's first serial line is written to.
    public var consoleLog: String

    /// What the domain wakes from, by ``Hypervisor/wake(_:)``, instead of booting. Its interface is not in it: that is
    /// attached before the domain goes on.
    public var wakes: SavedState?
    /// What the running domain is to be saved as, by ``Hypervisor/save(_:)``. It has no interface.
    public var saves: SavedState?

    /// How the guest's instructions are carried out.
    public enum Acceleration: String, Sendable, Hashable, Codable, CaseIterable {
        /// KVM where it is proven to work, emulation elsewhere.
        case auto
        /// KVM; defining fails where it is not proven to work.
        case kvm
        /// QEMU's own emulation.
        case tcg
    }

    /// A domain without disks, network and direct boot; set what it needs.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - machineID: Our identifier of the machine.
    ///   - memory: Memory in bytes.
    ///   - cpus: Virtual processors.
    ///   - consoleLog: Absolute path of the serial line's log.
    public init(name: String, machineID: String, memory: Int, cpus: Int, consoleLog: String) {
        self.name = name
        self.machineID = machineID
        self.memory = memory
        self.cpus = cpus
        self.consoleLog = consoleLog
        self.architecture = "x86_64"
        self.accelerate = .auto
        self.disks = []
    }
}
