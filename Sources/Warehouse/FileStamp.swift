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

    /// The state of what is at `path`; nothing when nothing is there.
    init?(at path: PlainPath) {
        let path = path.description
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status, path: path)
    }

    /// A number for the state, the same in every process and after every start: the device, which the next start may number
    /// otherwise, has no part in it.
    var number: UInt64 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in [Int(bitPattern: UInt(self.inode)), self.size] + self.modified + self.changed {
            sum = (sum ^ UInt64(bitPattern: Int64(part))) &* 0x9E37_79B9_7F4A_7C15
            sum ^= sum >> 29
        }
        return sum
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
