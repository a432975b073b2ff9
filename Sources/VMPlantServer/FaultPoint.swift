import Glibc

/// Named places at which a test can have the plant killed, as a power cut would: around every journal write and every
/// side effect.
///
/// `VMSHOP_FAULT=kill@acquire-disk-acted` in the environment kills the process, with SIGKILL, the first time it gets
/// there. Without the variable a point costs one comparison.
enum FaultPoint {
    /// Every point there is. A test holds this list against the source, another kills the plant at each.
    static let names: [String] = {
        let acquired = ["intended", "acted", "held"].flatMap { step in
            HostResource.names.map { "acquire-\($0)-\(step)" }
        }
        let released = ["begun", "acted", "forgotten"].flatMap { step in
            HostResource.names.map { "release-\($0)-\(step)" }
        }
        return acquired + released + [
            "create-begun", "create-recorded", "booted", "action-started", "job-recorded", "job-given",
            "action-settled",
            "configured", "registered", "undone", "collect-recorded", "collect-released",
        ]
    }()

    private static let chosen: String? = getenv("VMSHOP_FAULT").map { String(cString: $0) }

    /// Passes the point, or dies there.
    static func pass(_ name: @autoclosure () -> String) {
        guard let chosen, chosen == "kill@" + name() else { return }
        kill(getpid(), SIGKILL)
    }
}
