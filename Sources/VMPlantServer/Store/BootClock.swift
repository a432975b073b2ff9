import FoundationEssentials
import Glibc

/// A clock that nobody sets, and that goes on when its process is started anew: the time since the host booted.
struct BootClock: Sendable {
    /// Which boot it is; times of two boots do not compare.
    var boot: String
    /// Milliseconds since then.
    var now: @Sendable () -> Int64

    /// The host's (`clock_gettime(2)`, `CLOCK_BOOTTIME`).
    static let host = BootClock(boot: bootID()) {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func bootID() -> String {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return text.map { String($0.prefix { !$0.isNewline }) } ?? ""
    }
}
