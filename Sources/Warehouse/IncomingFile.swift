import CLinuxFiles
import Glibc

/// A file that is on its way into the warehouse, under a name that no image can have: `.incoming/<digest>.part`.
///
/// What came before a crash is still there afterwards, and the next attempt goes on from there, from whatever source: it is
/// the digest of the whole that decides, and it is computed on the way. One process at a time has the file.
public actor IncomingFile {
    /// What is to come.
    public nonisolated let file: TransferFile
    private nonisolated let open: OpenFile
    private var digest: ContentDigest
    /// The bytes that are here.
    public private(set) var received: Int

    private init(_ file: TransferFile, _ open: OpenFile, _ digest: ContentDigest, received: Int) {
        self.file = file
        self.open = open
        self.digest = digest
        self.received = received
    }

    deinit { self.giveUp() }

    /// Lets others have the file. By word: who still holds a reference would keep them waiting.
    nonisolated func giveUp() { flock(self.open.descriptor, LOCK_UN) }

    /// Opens what came of a file so far, and reads it: its digest goes on from there.
    ///
    /// - Throws: ``WarehouseError/Code/busy`` when another process is receiving it.
    static func open(_ file: TransferFile, in folder: PlainPath) async throws(WarehouseError) -> IncomingFile {
        let (open, digest, received) = try await BlockingWork.run { flag throws(WarehouseError) in
            let open = try self.locked(file, in: folder)
            let size = try open.regularFileSize()
            // More than it can be is not a beginning of it.
            guard size <= file.bytes else {
                try open.resize(to: 0)
                return (open, ContentDigest(), 0)
            }
            return (open, try self.digest(of: open, size, flag), size)
        }
        return IncomingFile(file, open, digest, received: received)
    }

    private static func locked(_ file: TransferFile, in folder: PlainPath) throws(WarehouseError) -> OpenFile {
        try Folder.ensure(folder, mode: 0o700)
        let path = folder.appending(WarehouseLayout.partName(of: file.digest)).description
        while true {
            let open = try OpenFile.open(path, .createOrOpen)
            _ = try open.regularFileSize()
            guard flock(open.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw WarehouseError(.busy, "another process is receiving \(file.digest)")
            }
            // Whoever had it before may have given it its place meanwhile.
            var named = stat()
            let held = try open.status()
            if lstat(path, &named) == 0, named.st_ino == held.st_ino, named.st_dev == held.st_dev { return open }
        }
    }

    private static func digest(
        of file: OpenFile,
        _ size: Int,
        _ flag: CancellationFlag
    ) throws(WarehouseError) -> ContentDigest {
        var digest = ContentDigest()
        var position = 0
        while position < size {
            try flag.check()
            let bytes = try file.read(count: min(1 << 20, size - position), at: position)
            guard !bytes.isEmpty else { throw WarehouseError(.conflict, "\(file.path) became shorter") }
            digest.update(bytes[...])
            position += bytes.count
        }
        return digest
    }

    /// Forgets what came: it was wrong, or the source begins anew.
    public func restart() async throws(WarehouseError) {
        let open = self.open
        try await BlockingWork.run { _ throws(WarehouseError) in try open.resize(to: 0) }
        self.digest = ContentDigest()
        self.received = 0
    }

    /// Adds the next bytes.
    ///
    /// - Throws: ``WarehouseError``: `damaged` when they are more than the file has; `noSpace`.
    public func append(_ bytes: [UInt8]) async throws(WarehouseError) {
        let (open, digest, position) = (self.open, self.digest, self.received)
        guard position + bytes.count <= self.file.bytes else {
            throw WarehouseError(.damaged, "more than the \(self.file.bytes) bytes of \(self.file.digest) came")
        }
        self.digest = try await BlockingWork.run { _ throws(WarehouseError) in
            // Zeros are left out: what is a hole at the source is one here.
            if !Self.isZeros(bytes) { try open.write(bytes, at: position) }
            try open.resize(to: position + bytes.count)
            var digest = digest
            digest.update(bytes[...])
            return digest
        }
        self.received += bytes.count
    }

    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    private static func isZeros(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            Self.zeros.withUnsafeBytes { zeros in
                var position = 0
                while position < bytes.count, let start = bytes.baseAddress, let none = zeros.baseAddress {
                    let count = min(zeros.count, bytes.count - position)
                    guard memcmp(start + position, none, count) == 0 else { return false }
                    position += count
                }
                return true
            }
        }
    }

    /// Whether all of it is here and it is what it should be. What is wrong is forgotten.
    public func isWhole() async throws(WarehouseError) -> Bool {
        guard self.received == self.file.bytes else { return false }
        if self.digest.finish() == self.file.digest { return true }
        try await self.restart()
        return false
    }

    /// Gives it its place, made durable and to be written by nobody.
    nonisolated func place(in folder: OpenFile, as name: String) throws(WarehouseError) -> OpenFile {
        try SystemCall.check("set the permissions of", self.open.path) { fchmod(self.open.descriptor, 0o444) }
        try self.open.synchronise()
        try SystemCall.check("rename into place", self.open.path) {
            renameat(AT_FDCWD, self.open.path, folder.descriptor, name)
        }
        return try folder.open(name, .read)
    }
}

extension WarehouseLayout {
    /// Where files are that are on their way into the warehouse.
    var incoming: PlainPath { self.directory.appending(".incoming") }

    /// The name of what came of a file, by its digest.
    static func partName(of digest: String) -> String { digest.dropFirst("sha256:".count) + ".part" }
}
