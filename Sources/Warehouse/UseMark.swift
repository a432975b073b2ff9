import CLinuxFiles
import FoundationEssentials
import Glibc

/// When a version was last cloned: the time of a file beside its own, so that several plants can set it at once.
struct UseMark {
    /// The folder of the version's files.
    let folder: PlainPath

    private var path: String { self.folder.appending("last-use").description }

    /// Notes that it is cloned now. Where the warehouse is only read, nothing is noted: it costs no more than that others
    /// do not know of the use.
    func set() {
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { return }
        futimens(descriptor, nil)
        close(descriptor)
    }

    /// The time of the last use, if one was noted.
    var date: Date? {
        var status = stat()
        guard lstat(self.path, &status) == 0 else { return nil }
        return Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
    }
}
