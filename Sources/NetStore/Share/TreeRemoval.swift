import CLinuxFiles
import Glibc

/// Removes a directory with everything below it, by open directories and single names only.
///
/// A guest may have nested directories deeper than paths, stacks and descriptor tables go. So whenever one is found
/// below the first level it is first moved up to it: at any time two directories are open.
enum TreeRemoval {
    /// Names of one directory that are looked at in one go.
    private static let batch = 512

    /// Removes a directory of the plant's own. One that is not there is done.
    static func remove(_ path: String) throws(NetStoreError) {
        guard let top = try Folder.open(path) else { return }
        try empty(top)
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure(errno, path) }
    }

    /// Removes a directory in another one.
    static func remove(_ name: String, in parent: borrowing Folder) throws(NetStoreError) {
        try empty(try parent.folder(name))
        guard unlinkat(parent.descriptor.raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw failure(errno, name)
        }
    }

    private static func empty(_ top: borrowing Folder) throws(NetStoreError) {
        var counter: UInt64 = 0
        while true {
            let names = try names(in: top.descriptor.raw, of: top.name)
            if names.isEmpty { return }
            for name in names where !removeFile(name, in: top.descriptor.raw) {
                try dissolve(name, in: top.descriptor.raw, &counter)
            }
        }
    }

    /// Removes one directory: its files go, its directories move up beside it.
    private static func dissolve(_ name: [CChar], in top: CInt, _ counter: inout UInt64) throws(NetStoreError) {
        let raw = vmshop_open_beneath(top, name, UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW), 0)
        if raw == -ENOENT { return }
        guard raw >= 0 else { throw failure(-raw, text(name)) }
        let folder = FileDescriptor(adopting: raw)
        while true {
            let inner = try names(in: folder.raw, of: text(name))
            if inner.isEmpty { break }
            for child in inner where !removeFile(child, in: folder.raw) {
                counter += 1
                let fresh = ".gone-\(counter)-" + String(UInt64.random(in: .min ... .max), radix: 16)
                guard renameat(folder.raw, child, top, fresh) == 0 || errno == ENOENT else {
                    throw failure(errno, text(child))
                }
            }
        }
        guard unlinkat(top, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw failure(errno, text(name)) }
    }

    /// Whether the name is gone; false when it is a directory's.
    private static func removeFile(_ name: [CChar], in folder: CInt) -> Bool {
        unlinkat(folder, name, 0) == 0 || errno == ENOENT
    }

    /// The next names in a directory, as the kernel has them: bytes, which need not be text.
    private static func names(in folder: CInt, of name: String) throws(NetStoreError) -> [[CChar]] {
        let copy = vmshop_open_beneath(folder, ".", UInt64(O_RDONLY | O_DIRECTORY), 0)
        guard copy >= 0 else { throw failure(-copy, name) }
        guard let stream = fdopendir(copy) else {
            let number = errno
            close(copy)
            throw failure(number, name)
        }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        errno = 0
        while names.count < batch, let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                Array(buffer.prefix { $0 != 0 }).map { CChar(bitPattern: $0) } + [0]
            }
            if bytes != dot, bytes != dotDot { names.append(bytes) }
            errno = 0
        }
        guard errno == 0 else { throw failure(errno, name) }
        return names
    }

    private static let dot: [CChar] = [0x2E, 0]
    private static let dotDot: [CChar] = [0x2E, 0x2E, 0]

    private static func text(_ name: [CChar]) -> String {
        String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func failure(_ number: CInt, _ name: String) -> NetStoreError {
        guard number == ENOTEMPTY else { return FileFailure.error(number, "removing", name) }
        return NetStoreError(.conflict, "removing of \(NameRules.quoted(name)): somebody still writes into it")
    }
}
