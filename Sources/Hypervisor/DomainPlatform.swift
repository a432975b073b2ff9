/// The hypervisor that a document is written for.
enum DomainPlatform: Sendable, Hashable {
    /// QEMU, with KVM or with its own emulation.
    case qemu(kvm: Bool)
    /// libvirt's test driver, which keeps domains in memory and runs nothing.
    case test

    /// libvirt's domain type.
    var type: String {
        switch self {
        case .qemu(let kvm): kvm ? "kvm" : "qemu"
        case .test: "test"
        }
    }
}

/// The machine that QEMU emulates for an architecture.
struct EmulatedMachine: Sendable, Hashable {
    /// libvirt's machine type.
    var type: String
    /// The bus that CD-ROMs hang on.
    var cdromBus: String
    /// Whether it has ACPI and an APIC as features of their own.
    var isPC: Bool

    /// `nil` for an architecture that there is no machine for.
    init?(architecture: String) {
        switch architecture {
        case "x86_64", "i686": (type, cdromBus, isPC) = ("pc", "ide", true)
        case "aarch64": (type, cdromBus, isPC) = ("virt", "scsi", false)
        default: return nil
        }
    }
}
