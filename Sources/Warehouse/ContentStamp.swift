import CLinuxFiles
import Glibc

/// Tells one content of a file from another without reading it.
///
/// Unlike ``FileStamp`` it stays the same when only the owner or the permissions change: hypervisors change them.
struct ContentStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int
    private let modified: [Int]

    /// The stamp of a file in this state.
    init(_ status: stat) {
        self.device = UInt64(status.st_dev)
        self.inode = UInt64(status.st_ino)
        self.size = Int(status.st_size)
        self.modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    /// Whether the content is more than `seconds` old: another change within the clock's tick would leave no trace.
    func isOlder(than seconds: Int) -> Bool {
        var now = timespec()
        return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - self.modified[0] > seconds
    }
}
