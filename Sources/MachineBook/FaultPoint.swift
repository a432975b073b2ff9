import Glibc
import ShopAPI

/// Named places at which a test can have a server killed, as a power cut would: around every write to its book and every
/// side effect. Each server lists its names beside its own sources.
///
/// `VMSHOP_FAULT=kill@acquire-disk-acted` in the environment kills the process, with SIGKILL, the first time it gets
/// there. Without the variable a point costs one comparison.
public enum FaultPoint {
    private static let chosen: String? = getenv("VMSHOP_FAULT").map { String(cString: $0) }

    /// Passes the point, or dies there.
    public static func pass(_ name: @autoclosure () -> String) {
        let process = ServiceTime.process
        if process.isSimulated { process.pass(name()) }
        guard let chosen, chosen == "kill@" + name() else { return }
        kill(getpid(), SIGKILL)
    }
}
