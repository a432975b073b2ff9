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

    /// Lets two names change places in one instant.
    static func exchange(_ first: PlainPath, _ second: PlainPath) throws(WarehouseError) {
        guard let call = Self.renameat2 else {
            throw WarehouseError(
                .inputOutput,
                "this C library cannot exchange files; remove the image and publish again"
            )
        }
        // RENAME_EXCHANGE of <stdio.h>, which only _GNU_SOURCE shows.
        try SystemCall.check("exchange with", second.description) {
            call(AT_FDCWD, first.description, AT_FDCWD, second.description, 2)
        }
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

    private typealias RenameAt2 =
        @convention(c) (
            CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt
        ) -> CInt

    /// The GNU function, which Swift's view of the C library does not show.
    private static let renameat2: RenameAt2? = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: RenameAt2.self) }
}
