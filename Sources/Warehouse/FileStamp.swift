import CLinuxFiles
import Glibc

/// Tells one state of a file from another without reading it.
struct FileStamp: Sendable, Hashable {
    private let path: String
    private let device: UInt64
    private let inode: UInt64
    private let size: Int
    private let modified: [Int]
    private let changed: [Int]

    /// The state of an open file that was found at `path`.
    init(of file: OpenFile, at path: PlainPath) throws(WarehouseError) {
        self.init(try file.status(), path: path.description)
    }

    /// Whether the file at the path is still in this state.
    var isCurrent: Bool {
        var status = stat()
        return lstat(self.path, &status) == 0 && Self(status, path: self.path) == self
    }

    /// Whether the state is more than `seconds` old, and so can be relied on: a change within the clock's tick leaves no
    /// trace.
    func isOlder(than seconds: Int) -> Bool {
        var now = timespec()
        return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - self.changed[0] > seconds
    }

    private init(_ status: stat, path: String) {
        self.path = path
        self.device = UInt64(status.st_dev)
        self.inode = UInt64(status.st_ino)
        self.size = Int(status.st_size)
        self.modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        self.changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
