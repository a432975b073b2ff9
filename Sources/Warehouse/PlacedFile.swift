import CLinuxFiles
import Glibc

/// A file that is written in its place, for whoever has recorded that he makes it, and removes it or makes it again after a
/// crash.
///
/// To be whole at any instant, as an ``AtomicFile`` is, takes the disk two turns: first the bytes, then the name. Without that
/// promise both are durable in one: ext4, xfs and btrfs write the name of a new file when the file is synchronised (they keep
/// the order of changes of names), and an NFS server does when it is made. A lock on the file lets those who make it at the same
/// time follow each other.
struct PlacedFile {
    /// What a header and whatever tells this file from another one fits in.
    private static let beginning = 4096

    private let folder: OpenFile
    private let name: String
    private let path: String

    /// A file at `path`, which must be absolute and plain; its folder must exist.
    init(path: String) throws(WarehouseError) {
        let (folder, name) = try PlainPath(path).split()
        (self.path, self.name) = (path, name)
        self.folder = try OpenFile.openTrustedFolder(folder)
    }

    /// Makes the file unless an equal one is there. One that begins with zeros was not finished, and is written anew.
    ///
    /// - Parameters:
    ///   - mode: the permissions of a new file.
    ///   - isEqual: whether a file that is there is the wanted one.
    ///   - write: writes the wanted content into an empty file.
    /// - Returns: whether the file was made by this call.
    /// - Throws: ``WarehouseError``: `conflict` when another file is there, which stays; what failed else leaves none.
    @discardableResult
    func make(
        mode: mode_t,
        isEqual: (OpenFile) throws(WarehouseError) -> Bool,
        write: (OpenFile) throws(WarehouseError) -> Void
    ) throws(WarehouseError) -> Bool {
        let file = try self.locked()
        let isBegun = try file.read(count: Self.beginning, at: 0).contains { $0 != 0 }
        if isBegun {
            guard try isEqual(file) else {
                throw WarehouseError(.conflict, "\(self.path) exists with other content")
            }
        } else {
            do throws(WarehouseError) {
                try file.resize(to: 0)
                try write(file)
                if try file.status().st_mode & 0o7777 != mode {
                    try SystemCall.check("set the permissions of", file.path) { fchmod(file.descriptor, mode) }
                }
            } catch {
                unlinkat(self.folder.descriptor, self.name, 0)
                throw error
            }
        }
        try file.synchronise()
        return !isBegun
    }

    /// The file, held by this writer alone until its descriptor is closed.
    private func locked() throws(WarehouseError) -> OpenFile {
        while true {
            let file = try self.folder.open(self.name, .createOrOpen)
            _ = try file.regularFileSize()
            try SystemCall.check("lock", file.path) { flock(file.descriptor, LOCK_EX) }
            // Whoever held it before may have removed it, since he could not write it.
            if try file.status().st_nlink > 0 { return file }
        }
    }
}
