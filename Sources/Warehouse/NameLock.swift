import Glibc

/// The right to publish or remove the image of one name, across tasks and processes; it ends with the last reference.
///
/// The lock is the kernel's, on an open file: however its holder ends, it is free again.
final class NameLock: Sendable {
    private let file: OpenFile

    private init(file: OpenFile) {
        self.file = file
    }

    deinit {
        self.release()
    }

    /// Ends the lock now.
    ///
    /// It is ended by word, not only by closing the file: a child process that is being started at this instant has
    /// the file open too, and would keep the lock.
    func release() {
        flock(self.file.descriptor, LOCK_UN)
    }

    /// Takes the lock for `image`, waiting while somebody else has it; it blocks the thread.
    ///
    /// - Throws: ``WarehouseError/Code/busy`` after `seconds`.
    static func wait(
        _ image: String,
        in folder: PlainPath,
        atMost seconds: Int,
        _ flag: CancellationFlag
    ) throws(WarehouseError) -> NameLock {
        for _ in 0..<seconds * 50 {
            if let lock = try self.take(image, in: folder) { return lock }
            try flag.check()
            usleep(20_000)
        }
        throw WarehouseError(
            .busy,
            "the image \(image) is being published or removed by somebody else; try again later"
        )
    }

    /// Takes the lock for `image`, or answers nothing when somebody has it.
    ///
    /// - Parameters:
    ///   - image: the image's name.
    ///   - folder: the folder of lock files, which must exist.
    /// - Returns: the lock, or nothing.
    /// - Throws: ``WarehouseError`` when the lock file cannot be used.
    static func take(_ image: String, in folder: PlainPath) throws(WarehouseError) -> NameLock? {
        let file = try OpenFile.open(folder.appending(image).description, .createOrOpen)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EWOULDBLOCK { return nil }
            guard code == EINTR else { throw SystemCall.failure("lock", file.path, code: code) }
        }
        return NameLock(file: file)
    }
}
