import CLibvirt
import Dispatch

/// Owns one reference to a libvirt connection.
///
/// Several threads use it at the same time, each within one synchronous call; the last one to let go closes it.
// SAFETY: libvirt's connections are thread-safe; the pointer is never changed, and freed only in `deinit`.
final class ConnectionHandle: @unchecked Sendable {
    let raw: virConnectPtr

    /// Opens a connection; blocks.
    init(opening uri: String) throws(VirtError) {
        guard VirtRuntime.ready else { throw VirtError.last("virInitialize") }
        guard let raw = virConnectOpen(uri) else {
            let error = VirtError.last("virConnectOpen")
            throw VirtError(code: .unavailable, message: "\(uri): \(error.message)", operation: error.operation)
        }
        self.raw = raw
        // A daemon that stands still is noticed after 20 s. Local drivers have no such thing, and refuse.
        virConnectSetKeepAlive(raw, 5, 3)
    }

    deinit {
        // Closing asks the daemon, so not on the thread that happens to let go last.
        // SAFETY: this is the last reference, handed over whole.
        nonisolated(unsafe) let raw = self.raw
        DispatchQueue(label: "libvirt close").async { virConnectClose(raw) }
    }

    /// Whether the daemon still listens, as far as is known without asking it.
    var isAlive: Bool { virConnectIsAlive(raw) == 1 }
}
