import CLaunch
import Glibc

/// A tap on a bridge, made before its guest has it: a port like those that libvirt makes.
///
/// It is there as long as somebody has its descriptor, QEMU in the end: nothing of it outlives its machine.
struct Tap: Sendable {
    let descriptor: OwnedDescriptor

    /// Makes the tap, isolates it where that is asked for, and only then brings it up. The guest filter must know it.
    init(_ interface: InterfaceSpec) throws(HypervisorError) {
        guard let name = interface.tapName, let bridge = interface.bridge else {
            throw HypervisorError(.refused, "an interface without the names of its tap and its bridge")
        }
        descriptor = try OwnedDescriptor(vmshop_open_tap(name), "tap \(name)")
        try Self.check(vmshop_tap_join(name, bridge), "tap \(name) on bridge \(bridge)")
        if interface.isolated { try Self.check(vmshop_tap_isolate(name), "isolation of tap \(name)") }
        try Self.check(vmshop_tap_up(name), "tap \(name)")
    }

    private static func check(_ answer: Int32, _ what: String) throws(HypervisorError) {
        guard answer == 0 else { throw .system(-answer, what) }
    }
}
