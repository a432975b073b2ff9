import CLinuxFiles
import Glibc

/// A directory that is held open, in which names are looked up without ever leaving it.
///
/// A guest may own what is below it, so every look-up is `openat2` with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS:
/// links, `..`, mounts and devices are refused. All calls block.
struct Folder: ~Copyable, Sendable {
    let descriptor: FileDescriptor
    let name: String

    /// What a capped read found.
    struct Contents: Sendable, Hashable {
        var bytes: [UInt8]
        var isCut: Bool
    }

    /// Opens a directory of the plant's own; nil when it is not there. The last part of the path may not be a link.
    static func open(_ path: String) throws(NetStoreError) -> Folder? {
        let raw = vmshop_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        if raw == -ENOENT { return nil }
        guard raw >= 0 else { throw FileFailure.error(-raw, "opening", path) }
        return Folder(descriptor: FileDescriptor(adopting: raw), name: path)
    }

    /// Opens a directory of the plant's own, and makes it when it is not there; its parent must be.
    static func make(_ path: String) throws(NetStoreError) -> Folder {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileFailure.error(errno, "making", path) }
        guard let folder = try open(path) else { throw FileFailure.error(ENOENT, "opening", path) }
        return folder
    }

    /// Opens a directory below this one.
    func folder(_ path: String) throws(NetStoreError) -> Folder {
        let raw = vmshop_open_beneath(descriptor.raw, path, UInt64(O_RDONLY | O_DIRECTORY), 0)
        guard raw >= 0 else { throw FileFailure.error(-raw, "opening", path) }
        return Folder(descriptor: FileDescriptor(adopting: raw), name: path)
    }

    /// Makes a directory in this one and opens it.
    func makeFolder(_ name: String) throws(NetStoreError) -> Folder {
        guard mkdirat(descriptor.raw, name, 0o700) == 0 else { throw FileFailure.error(errno, "making", name) }
        return try folder(name)
    }

    /// Whether something of this name is there, whatever it is.
    func has(_ path: String) throws(NetStoreError) -> Bool {
        let raw = vmshop_hold_beneath(descriptor.raw, path)
        if raw >= 0 { close(raw) }
        if raw == -ENOENT { return false }
        guard raw >= 0 else { throw FileFailure.error(-raw, "opening", path) }
        return true
    }

    /// The first bytes of a regular file below this directory; nil when it is not there.
    ///
    /// The file is looked at before it is opened for reading (O_PATH opens no device and waits for no pipe), and
    /// then opened by its descriptor, so that what was looked at is what is read.
    func read(_ path: String, limit: Int) throws(NetStoreError) -> Contents? {
        let found = vmshop_hold_beneath(descriptor.raw, path)
        if found == -ENOENT { return nil }
        guard found >= 0 else { throw FileFailure.error(-found, "opening", path) }
        let place = FileDescriptor(adopting: found)
        guard try place.status(path).st_mode & S_IFMT == S_IFREG else {
            throw NetStoreError(.tampered, "\(NameRules.quoted(path)) is not a regular file")
        }
        let raw = vmshop_open("/proc/self/fd/\(place.raw)", O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard raw >= 0 else { throw FileFailure.error(-raw, "opening", path) }
        return try Self.contents(of: FileDescriptor(adopting: raw), limit: limit, path)
    }

    private static func contents(
        of file: borrowing FileDescriptor,
        limit: Int,
        _ path: String
    ) throws(NetStoreError) -> Contents {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file.raw, buffer.baseAddress?.advanced(by: count), limit + 1 - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileFailure.error(errno, "reading", path) }
            if got == 0 { break }
            count += got
        }
        return Contents(bytes: Array(bytes.prefix(min(count, limit))), isCut: count > limit)
    }

    /// Writes a file that is not there yet.
    func write(_ name: String, _ bytes: [UInt8], mode: UInt64 = 0o600) throws(NetStoreError) {
        let flags = UInt64(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        let raw = vmshop_open_beneath(descriptor.raw, name, flags, mode)
        guard raw >= 0 else { throw FileFailure.error(-raw, "making", name) }
        let file = FileDescriptor(adopting: raw)
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw FileFailure.error(errno, "writing", name) }
            rest = rest.dropFirst(written)
        }
    }

    /// Puts a whole file in the place of a name: a reader sees the old one or the new one.
    func replace(_ name: String, with bytes: [UInt8]) throws(NetStoreError) {
        let temporary = Self.temporaryName()
        try write(temporary, bytes)
        guard renameat(descriptor.raw, temporary, descriptor.raw, name) == 0 else {
            let error = FileFailure.error(errno, "renaming", name)
            unlinkat(descriptor.raw, temporary, 0)
            throw error
        }
    }

    /// Renames within this directory; `.conflict` when the new name is taken.
    func rename(_ old: String, to fresh: String) throws(NetStoreError) {
        let status = vmshop_rename_exclusively(descriptor.raw, old, descriptor.raw, fresh)
        guard status == 0 else { throw FileFailure.error(-status, "renaming", fresh) }
    }

    /// Moves a file to another directory of the same file system, in the place of what has its name there.
    func move(_ name: String, to other: borrowing Folder) throws(NetStoreError) {
        guard renameat(descriptor.raw, name, other.descriptor.raw, name) == 0 else {
            throw FileFailure.error(errno, "renaming", name)
        }
    }

    /// The names in this directory, as text.
    func names() throws(NetStoreError) -> [String] {
        let copy = vmshop_open_beneath(descriptor.raw, ".", UInt64(O_RDONLY | O_DIRECTORY), 0)
        guard copy >= 0 else { throw FileFailure.error(-copy, "opening", name) }
        guard let stream = fdopendir(copy) else {
            let number = errno
            close(copy)
            throw FileFailure.error(number, "opening", name)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: bytes, as: UTF8.self))
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    /// Removes a name that is not a directory. One that is not there is done.
    func unlink(_ name: String) throws(NetStoreError) {
        guard unlinkat(descriptor.raw, name, 0) == 0 || errno == ENOENT else {
            throw FileFailure.error(errno, "removing", name)
        }
    }

    /// A name that nobody else uses and no reader looks at.
    static func temporaryName() -> String { ".tmp-" + String(UInt64.random(in: .min ... .max), radix: 16) }
}
