import BlockingCalls
import Glibc
import Synchronization

/// A pipe with a name, from which libvirt's daemon reads a saved state: a beginning of our own, then the state from the file
/// where it lies. The kernel hands on the file's pages; nothing is copied on the disk, and the file serves any number of
/// readers at once.
final class StatePipe: Sendable {
    /// The pipe's path.
    let path: String

    private let head: [UInt8]
    private let statePath: String
    private let offset: Int
    private let isOver = Atomic(false)

    /// Milliseconds after which a reader that reads no more is looked at again.
    private static let patience: Int32 = 20
    private static let chunk = 1 << 20

    /// - Parameters:
    ///   - path: Absolute path of the pipe, in a directory that is the machine's alone. What is there goes.
    ///   - head: What is read first.
    ///   - statePath: Absolute path of the file that is read then.
    ///   - offset: From where on it is read.
    init(path: String, head: [UInt8], statePath: String, offset: Int) {
        (self.path, self.head, self.statePath, self.offset) = (path, head, statePath, offset)
    }

    /// Makes the pipe, has it read, and removes it.
    ///
    /// - Parameters:
    ///   - queue: Where it blocks.
    ///   - read: Has the pipe read; when it returns, nobody reads any more.
    /// - Throws: What `read` throws, or what keeps the pipe from being made.
    func use(_ queue: BlockingQueue, _ read: () async throws(HypervisorError) -> Void) async throws(HypervisorError) {
        let ends = try await queue.run { () throws(HypervisorError) in try Ends(self.path, self.statePath) }
        async let fed = queue.run { self.feed(ends) }
        let result: Result<Void, HypervisorError>
        do throws(HypervisorError) { result = .success(try await read()) } catch { result = .failure(error) }
        isOver.store(true, ordering: .releasing)
        let failure = await fed
        if case .failure(let error) = result, let failure {
            throw HypervisorError(error.code, "\(error.message); \(statePath): \(String(cString: strerror(failure)))")
        }
        try result.get()
    }

    /// The pipe and the file, open. The pipe is open both ways, so that to open it waits for nobody, and a reader that ends
    /// early is no signal's cause. Who feeds closes them.
    private struct Ends: Sendable {
        let pipe: Int32
        let state: Int32

        /// `F_SETPIPE_SZ`, which Glibc's module does not show.
        private static let setSize: Int32 = 1031
        private static let size: Int32 = 1 << 20

        init(_ path: String, _ statePath: String) throws(HypervisorError) {
            state = open(statePath, O_RDONLY | O_CLOEXEC)
            guard state >= 0 else { throw Self.failure(statePath) }
            unlink(path)
            pipe = mkfifo(path, 0o600) == 0 ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1
            guard pipe >= 0 else {
                let failure = Self.failure(path)
                close(state)
                throw failure
            }
            // Larger than usual, so that fewer turns are taken; as it is where that is refused.
            _ = fcntl(pipe, Self.setSize, Self.size)
        }

        private static func failure(_ path: String) -> HypervisorError {
            HypervisorError(.failed, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Writes all there is as fast as it is read. The pipe stays open until that is read, since what is in a pipe goes when
    /// its last end is closed; then it is closed, so that whoever wants more than there is finds the end.
    ///
    /// - Returns: Why not all could be written; nothing when it was, or was not wanted.
    private func feed(_ ends: Ends) -> Int32? {
        defer {
            close(ends.pipe)
            close(ends.state)
            unlink(path)
        }
        let failure = writeHead(to: ends.pipe) ?? sendState(ends)
        while failure == nil, !isOver.load(ordering: .acquiring), Self.holdsBytes(ends.pipe) { usleep(1000) }
        return failure
    }

    private static func holdsBytes(_ pipe: Int32) -> Bool {
        var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    private func writeHead(to pipe: Int32) -> Int32? {
        var done = 0
        while done < head.count {
            let count = head[done...].withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
            if count > 0 {
                done += count
            } else if let failure = waitForRoom(in: pipe, errno) {
                return failure
            } else if isOver.load(ordering: .acquiring) {
                return nil
            }
        }
        return nil
    }

    private func sendState(_ ends: Ends) -> Int32? {
        var place = offset
        while !isOver.load(ordering: .acquiring) {
            let count = sendfile(ends.pipe, ends.state, &place, Self.chunk)
            if count == 0 { return nil }
            if count < 0, let failure = waitForRoom(in: ends.pipe, errno) { return failure }
        }
        return nil
    }

    private func waitForRoom(in pipe: Int32, _ why: Int32) -> Int32? {
        guard why == EAGAIN || why == EINTR else { return why }
        var waiting = pollfd(fd: pipe, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, Self.patience)
        return nil
    }
}
