import Glibc
import Synchronization

/// The right to publish or remove the image of one name, across tasks and processes; it ends with the last reference.
///
/// The lock is the kernel's, on an open file: however its holder ends, it is free again. Who wants to change something
/// takes it with a ``ChangeLog``, which tells the others to look at that image from then on.
final class NameLock: Sendable {
    private let file: OpenFile
    private let image: String
    private let log: ChangeLog?
    private let isReleased = Atomic(false)

    private init(file: OpenFile, image: String, log: ChangeLog?) {
        self.file = file
        self.image = image
        self.log = log
    }

    deinit {
        self.release()
    }

    /// Ends the lock now.
    ///
    /// It is ended by word, not only by closing the file: a child process that is being started at this instant has
    /// the file open too, and would keep the lock.
    func release() {
        guard !self.isReleased.exchange(true, ordering: .relaxed) else { return }
        // If this fails, the others go on looking at this image each time.
        try? self.log?.note(.ended, self.image)
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
    ///   - log: where it is told that this image may change now; nothing for who changes nothing that others see.
    /// - Returns: the lock, or nothing.
    /// - Throws: ``WarehouseError`` when the lock file cannot be used.
    static func take(
        _ image: String,
        in folder: PlainPath,
        noting log: ChangeLog? = nil
    ) throws(WarehouseError) -> NameLock? {
        let file = try OpenFile.open(folder.appending(image).description, .createOrOpen)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EWOULDBLOCK { return nil }
            guard code == EINTR else { throw SystemCall.failure("lock", file.path, code: code) }
        }
        do throws(WarehouseError) { try log?.note(.begun, image) } catch {
            flock(file.descriptor, LOCK_UN)
            throw error
        }
        return NameLock(file: file, image: image, log: log)
    }
}
