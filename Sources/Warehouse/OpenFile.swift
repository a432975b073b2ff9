import CLinuxFiles
import Glibc

/// An open file or folder, closed when the last reference goes.
///
/// Names that come from outside are opened by ``openBeneath(_:)`` or with ``Access/read``, neither of which follows a
/// symbolic link in the last place; opening never blocks, not even on a FIFO.
final class OpenFile: Sendable {
    /// How a file is opened.
    enum Access {
        /// An existing file, to read.
        case read
        /// A folder, to look names up in and to synchronise.
        case folder
        /// A new or an existing file, to read and write.
        case createOrOpen
        /// A file that must not exist yet, to read and write.
        case create

        fileprivate var flags: CInt {
            let always = O_CLOEXEC | O_NOFOLLOW
            switch self {
            case .read: return always | O_RDONLY | O_NONBLOCK | O_NOCTTY
            case .folder: return always | O_RDONLY | O_DIRECTORY
            case .createOrOpen: return always | O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY
            case .create: return always | O_RDWR | O_CREAT | O_EXCL
            }
        }
    }

    let descriptor: CInt
    let path: String

    private init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(self.descriptor)
    }

    /// Opens `path`; files that are made get the permissions `mode`.
    static func open(_ path: String, _ access: Access, mode: mode_t = 0o600) throws(WarehouseError) -> OpenFile {
        try self.open(at: AT_FDCWD, path, access, mode: mode, shownAs: path)
    }

    /// Opens a folder that the administrator named; links in its path are the administrator's own.
    static func openTrustedFolder(_ path: String) throws(WarehouseError) -> OpenFile {
        let descriptor = try SystemCall.check("open", path) {
            Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// A new file without a name in a folder that the administrator named; it goes when it is closed.
    static func openUnnamed(in folder: String) throws(WarehouseError) -> OpenFile {
        // O_TMPFILE, which is behind _GNU_SOURCE.
        let flags = O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20000000
        let descriptor = try SystemCall.check("make a file in", folder) { Glibc.open(folder, flags, 0o600 as mode_t) }
        return OpenFile(descriptor: descriptor, path: folder)
    }

    /// Opens `name`, one path component, in this folder.
    func open(_ name: String, _ access: Access, mode: mode_t = 0o600) throws(WarehouseError) -> OpenFile {
        try Self.open(at: self.descriptor, name, access, mode: mode, shownAs: "\(self.path)/\(name)")
    }

    /// Opens the file at this path of plain components, to read it; nothing in the path may lead out of this folder.
    func openBeneath(_ components: [String]) throws(WarehouseError) -> OpenFile {
        let path = components.joined(separator: "/")
        let shown = "\(self.path)/\(path)"
        let descriptor = vmshop_open_within(self.descriptor, path, UInt64(O_RDONLY | O_NONBLOCK | O_NOCTTY))
        guard descriptor >= 0 else { throw SystemCall.failure("open", shown, code: -descriptor) }
        return OpenFile(descriptor: descriptor, path: shown)
    }

    private static func open(
        at folder: CInt,
        _ name: String,
        _ access: Access,
        mode: mode_t,
        shownAs path: String
    ) throws(WarehouseError) -> OpenFile {
        guard !name.utf8.contains(0) else {
            throw WarehouseError(.unsafePath, "a path with a NUL byte in it: \(path.debugDescription)")
        }
        let descriptor = try SystemCall.check("open", path) { openat(folder, name, access.flags, mode) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// What the file system says of the open file.
    func status() throws(WarehouseError) -> stat {
        var status = stat()
        try SystemCall.check("examine", self.path) { fstat(self.descriptor, &status) }
        return status
    }

    /// The length in bytes of what must be a regular file.
    func regularFileSize() throws(WarehouseError) -> Int {
        let status = try self.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw WarehouseError(.unsafePath, "\(self.path) is not a regular file")
        }
        return Int(status.st_size)
    }

    /// Makes what was written durable: bytes of a file, names of a folder.
    func synchronise() throws(WarehouseError) {
        try SystemCall.check("write through to the disk", self.path) { fsync(self.descriptor) }
    }
}
