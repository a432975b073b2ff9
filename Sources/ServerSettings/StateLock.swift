import Glibc
import Synchronization
import SystemPackage

/// The right to be the one process that serves from a state directory: two that write one book, or two that clean up
/// after each other on one host, would undo each other's work.
///
/// The kernel keeps the lock, so it ends with the process, however that ends. The file `lock` stays; the process id in
/// it is for people only.
public final class StateLock: Sendable {
    private let held: Mutex<FileDescriptor?>

    /// Takes the lock of a state directory, which must exist, and keeps it as long as this object lives.
    ///
    /// - Throws: ``SettingsError`` naming the process that serves from the directory already, or saying why the file of
    ///   the lock cannot be opened.
    public convenience init(directory: String) throws(SettingsError) {
        try self.init(file: directory + "/lock", about: "state.directory") { holder in
            "\(holder) serves from `\(directory)` already; end it, or name another"
        }
    }

    /// Takes the lock that a file stands for, and keeps it as long as this object lives.
    ///
    /// - Parameters:
    ///   - path: The file; it is made when missing.
    ///   - key: The setting that a refusal is about.
    ///   - refusal: What to say to whoever comes second, of the process that came first.
    /// - Throws: ``SettingsError`` when another process has the lock, or the file cannot be opened.
    public init(file path: String, about key: String, refusal: (String) -> String) throws(SettingsError) {
        let file: FileDescriptor
        do {
            // Closed on exec: a child of the server must not hold the directory when the server is gone.
            file = try .open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw SettingsError("\(key): the file `\(path)` cannot be opened: \(error)")
        }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(file)
            try? file.close()
            throw SettingsError("\(key): \(refusal(holder))")
        }
        held = Mutex(file)
        Self.sign(file)
    }

    deinit { release() }

    /// Gives the lock back now, whoever still has this object.
    public func release() {
        held.withLock { file in
            try? file?.close()
            file = nil
        }
    }

    /// Writes who holds the lock. That it could not be written keeps nobody from holding it.
    private static func sign(_ file: FileDescriptor) {
        guard ftruncate(file.rawValue, 0) == 0 else { return }
        _ = try? file.writeAll(toAbsoluteOffset: 0, "\(getpid())\n".utf8)
    }

    private static func holder(_ file: FileDescriptor) -> String {
        var bytes: [UInt8] = Array(repeating: 0, count: 32)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }) ?? 0
        let id = String(decoding: bytes.prefix(count), as: UTF8.self).prefix(while: \.isNumber)
        return id.isEmpty ? "another process" : "process \(id)"
    }
}
