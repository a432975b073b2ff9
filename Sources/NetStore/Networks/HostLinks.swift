import CLinuxFiles
import Glibc

/// The interfaces of the host, as far as a network has to look at them and to mend them.
protocol HostLinks: Sendable {
    /// The number of an interface, larger for a younger one; nil when there is none of that name.
    func index(of name: String) async throws(NetStoreError) -> Int?
    /// Makes an interface a port of a bridge. One that is a port already stays what it is.
    func join(_ port: String, to bridge: String) async throws(NetStoreError)
}

/// The interfaces of this process's network namespace.
struct KernelLinks: HostLinks {
    func index(of name: String) async throws(NetStoreError) -> Int? {
        let index = if_nametoindex(name)
        if index != 0 { return Int(index) }
        guard errno == ENODEV else {
            throw NetStoreError(.failed, "interface \(name): \(String(cString: strerror(errno)))")
        }
        return nil
    }

    func join(_ port: String, to bridge: String) async throws(NetStoreError) {
        let status = vmshop_join_bridge(bridge, if_nametoindex(port))
        guard status == 0 || status == -EBUSY else {
            throw NetStoreError(
                .failed,
                "tap \(port) cannot join bridge \(bridge): \(String(cString: strerror(-status)))"
            )
        }
        // As libvirt does for it; the guest filter keeps guests apart in any case.
        if status == 0 { Self.isolate(port) }
    }

    private static func isolate(_ port: String) {
        let file = vmshop_open("/sys/class/net/\(port)/brport/isolated", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, "1", 1)
        close(file)
    }
}
