import CLinuxFiles
import Glibc

/// A file that is there whole or not at all, after a crash at any instant too.
///
/// It is written beside its place as `.<name>.tmp`, synchronised, renamed into place, and then its folder is
/// synchronised. A lock on the temporary file lets writers of one file follow each other; what a killed writer left is
/// written over by the next.
struct AtomicFile {
    /// What to do with a file that is there already and is not the wanted one.
    enum Otherwise {
        /// Throw ``WarehouseError/Code/conflict``.
        case refuse
        /// Put the new one in its place.
        case replace
    }

    private let folder: OpenFile
    private let name: String
    private let path: String

    /// A file at `path`, which must be absolute and plain; its folder must exist.
    init(path: String) throws(WarehouseError) {
        let (folder, name) = try PlainPath(path).split()
        guard name.utf8.count <= 200 else { throw WarehouseError(.unsafePath, "the name \(name) is too long") }
        self.path = path
        self.name = name
        self.folder = try OpenFile.openTrustedFolder(folder)
    }

    /// Makes the file unless an equal one is there.
    ///
    /// - Parameters:
    ///   - mode: the permissions of a new file.
    ///   - otherwise: what to do with a file that is not equal.
    ///   - isEqual: whether a file that is there is the wanted one.
    ///   - write: writes the wanted content into an empty file.
    /// - Returns: whether the file was made by this call.
    /// - Throws: ``WarehouseError``; what was at the path is still there.
    @discardableResult
    func make(
        mode: mode_t,
        otherwise: Otherwise,
        isEqual: (OpenFile) throws(WarehouseError) -> Bool,
        write: (OpenFile) throws(WarehouseError) -> Void
    ) throws(WarehouseError) -> Bool {
        let temporary = try self.lockedTemporary()
        do throws(WarehouseError) {
            if let existing = try self.existing() {
                if try isEqual(existing) {
                    self.removeTemporary()
                    try self.folder.synchronise()
                    return false
                }
                if otherwise == .refuse { throw WarehouseError(.conflict, "\(self.path) exists with other content") }
            }
            try temporary.resize(to: 0)
            try write(temporary)
            try SystemCall.check("set the permissions of", temporary.path) { fchmod(temporary.descriptor, mode) }
            try temporary.synchronise()
            try SystemCall.check("rename into place", self.path) {
                renameat(self.folder.descriptor, self.temporaryName, self.folder.descriptor, self.name)
            }
        } catch {
            self.removeTemporary()
            throw error
        }
        try self.folder.synchronise()
        return true
    }

    /// Removes the file and what a killed writer left of it; fine when there is nothing.
    func remove() throws(WarehouseError) {
        self.removeTemporary()
        if unlinkat(self.folder.descriptor, self.name, 0) != 0, errno != ENOENT {
            throw SystemCall.failure("remove", self.path)
        }
        try self.folder.synchronise()
    }

    private var temporaryName: String { ".\(self.name).tmp" }

    private func removeTemporary() {
        unlinkat(self.folder.descriptor, self.temporaryName, 0)
    }

    private func existing() throws(WarehouseError) -> OpenFile? {
        do throws(WarehouseError) {
            let file = try self.folder.open(self.name, .read)
            _ = try file.regularFileSize()
            return file
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// The temporary file, held by this writer alone until its descriptor is closed.
    private func lockedTemporary() throws(WarehouseError) -> OpenFile {
        while true {
            let file = try self.folder.open(self.temporaryName, .createOrOpen)
            _ = try file.regularFileSize()
            try SystemCall.check("lock", file.path) { flock(file.descriptor, LOCK_EX) }
            // Whoever held it before may have renamed or removed it: then this is no longer the temporary file.
            let held = try file.status()
            var named = stat()
            if fstatat(self.folder.descriptor, self.temporaryName, &named, AT_SYMLINK_NOFOLLOW) == 0,
                named.st_ino == held.st_ino, named.st_dev == held.st_dev
            {
                return file
            }
        }
    }
}
