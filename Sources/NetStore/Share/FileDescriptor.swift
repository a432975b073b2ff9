import CLinuxFiles
import Glibc

/// An open file of the kernel, closed when it goes out of scope.
struct FileDescriptor: ~Copyable, Sendable {
    let raw: CInt

    init(adopting raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// What the file is.
    func status(_ name: String) throws(NetStoreError) -> stat {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw FileFailure.error(errno, "stat", name) }
        return status
    }
}

/// What the kernel's refusals mean to us.
enum FileFailure {
    static func error(_ number: CInt, _ operation: String, _ name: String) -> NetStoreError {
        let code: NetStoreError.Code =
            switch number {
            case ENOENT: .notFound
            case EEXIST: .conflict
            // What openat2 answers where a path leaves its tree, or meets a link or another kind of file.
            case ELOOP, EXDEV, ENOTDIR, EISDIR, ENXIO, ENODEV: .tampered
            case EACCES, EPERM, EROFS: .refused
            default: .failed
            }
        let reason = String(cString: strerror(number))
        return NetStoreError(code, "\(operation) of \(NameRules.quoted(name)): \(reason)")
    }
}
