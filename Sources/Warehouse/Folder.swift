import CLinuxFiles
import FoundationEssentials
import Glibc

/// Work on folders of the warehouse.
enum Folder {
    /// Makes the folder, durably, if it is not there; the one that it is in must be.
    static func ensure(_ path: PlainPath, mode: mode_t = 0o755) throws(WarehouseError) {
        guard mkdir(path.description, mode) != 0 else { return try Self.synchronise(path.parent) }
        let code = errno
        guard code == EEXIST else { throw SystemCall.failure("make the folder", path.description, code: code) }
    }

    /// Makes the names in the folder durable.
    static func synchronise(_ path: PlainPath) throws(WarehouseError) {
        try OpenFile.openTrustedFolder(path.description).synchronise()
    }

    /// Whether anything has this name; a symbolic link that leads nowhere too.
    static func holds(_ path: PlainPath) -> Bool {
        var status = stat()
        return lstat(path.description, &status) == 0
    }

    /// Renames; what is at `new` must not be there or be an empty folder.
    static func rename(_ old: PlainPath, to new: PlainPath) throws(WarehouseError) {
        try SystemCall.check("rename to", new.description) { Glibc.rename(old.description, new.description) }
    }

    /// The names in a folder, sorted.
    static func names(in path: PlainPath) throws(WarehouseError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path.description).sorted()
        } catch {
            throw WarehouseError(.inputOutput, "cannot list \(path): \(error)")
        }
    }

    /// The bytes that the regular files in a folder take in its file system; those of folders in it do not count.
    static func allocatedBytes(in path: PlainPath) -> Int {
        let names = (try? Self.names(in: path)) ?? []
        return names.reduce(0) { sum, name in
            var status = stat()
            guard lstat(path.appending(name).description, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                return sum
            }
            return sum + Int(status.st_blocks) * 512
        }
    }

    /// Deletes everything in a folder whose name `isUnwanted`.
    static func deleteAll(in path: PlainPath, where isUnwanted: (String) -> Bool) throws(WarehouseError) {
        for name in try Self.names(in: path) where isUnwanted(name) { try Self.delete(path.appending(name)) }
    }

    /// Deletes a folder and all that is in it, following no links; fine when it is not there.
    static func delete(_ path: PlainPath) throws(WarehouseError) {
        do {
            try FileManager.default.removeItem(atPath: path.description)
        } catch {
            guard Self.holds(path) else { return }
            throw WarehouseError(.inputOutput, "cannot delete \(path): \(error)")
        }
    }
}
