import BlockingCalls
import CLaunch
import Dispatch
import Glibc
import Synchronization

/// A connection to the monitor of one QEMU (QMP, over a Unix socket).
///
/// QEMU runs what its guest wants, and a guest may have taken it over: so every answer has a deadline, every line a limit,
/// and whatever is not understood ends the connection, not the reader.
public final class QMPClient: Sendable {
    /// What happens in QEMU, from the connection on; ends with the connection. For one reader. When it reads too slowly,
    /// the oldest are lost.
    public let events: AsyncStream<QMPEvent>

    private let socket: Int32
    private let queue: DispatchQueue
    private let inbox = QMPInbox()
    private let session = Mutex(QMPSession())
    private let continuation: AsyncStream<QMPEvent>.Continuation
    // SAFETY: set once in init, before anybody else sees the client; dispatch sources are thread-safe.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// Connects, and waits until QEMU is ready for commands.
    ///
    /// - Parameters:
    ///   - name: The name of the socket.
    ///   - directory: The directory it is in, open.
    ///   - deadline: How long that may take. A QEMU that has just been started answers after some 30 ms.
    /// - Returns: The connection.
    /// - Throws: ``QMPError`` when nobody listens, or does not greet as QEMU does.
    public static func connect(
        to name: String,
        in directory: Int32,
        deadline: Duration
    ) async throws(QMPError) -> QMPClient {
        let socket = vmshop_unix_socket(directory, name, 0)
        guard socket >= 0 else {
            throw QMPError(.unavailable, "cannot connect to QEMU's monitor: \(String(cString: strerror(-socket)))")
        }
        let client = QMPClient(socket: socket)
        do throws(QMPError) {
            let end = ContinuousClock.now + deadline
            try await client.greet(deadline)
            let left = max(.milliseconds(1), end - .now)
            _ = try await client.execute("qmp_capabilities", deadline: left)
            return client
        } catch {
            client.close()
            throw error
        }
    }

    /// - Parameter socket: Connected and not blocking; closed by the client.
    private init(socket: Int32) {
        self.socket = socket
        queue = DispatchQueue(label: "vmshop.qmp")
        (events, continuation) = AsyncStream.makeStream(of: QMPEvent.self, bufferingPolicy: .bufferingNewest(256))
        source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: queue)
        source.setEventHandler { [weak self] in self?.receive() }
        // The last to use the descriptor is the source.
        source.setCancelHandler { Glibc.close(socket) }
        source.activate()
    }

    deinit { end(QMPError(.unavailable, "the connection to QEMU's monitor was given up")) }

    /// Has QEMU do something.
    ///
    /// - Parameters:
    ///   - command: QEMU's name for it.
    ///   - arguments: An object.
    ///   - descriptor: One to hand over with it, which stays open here.
    ///   - deadline: How long QEMU may take to answer.
    /// - Returns: What it answers.
    /// - Throws: ``QMPError`` when it refuses, does not answer, or is gone.
    @discardableResult
    public func execute(
        _ command: String,
        _ arguments: QMPValue = [:],
        descriptor: Int32? = nil,
        deadline: Duration
    ) async throws(QMPError) -> QMPValue {
        let answer = await wait(deadline) { race -> Int? in
            let id = self.session.withLock { $0.add(race) }
            guard let id else { return nil }
            do throws(QMPError) {
                let line = try QMPCommand(execute: command, arguments: arguments, id: id).line
                try self.send(line, descriptor)
            } catch {
                race.finish(.failure(error))
            }
            return id
        }
        do throws(QMPError) {
            return try answer.get()
        } catch {
            throw QMPError(error.code, "\(command): \(error.message)")
        }
    }

    /// Ends the connection. QEMU runs on, and takes another one.
    public func close() { end(QMPError(.unavailable, "the connection to QEMU's monitor was closed")) }

    /// Takes up what a QEMU said that has ended, and ends the connection: without waiting for the socket's end, which whoever has
    /// a copy of QEMU's side puts off.
    public func drain() {
        queue.async {
            while self.receive() {}
            self.close()
        }
    }

    /// Whether the connection stands, as far as is known.
    public var isOpen: Bool { session.withLock { $0.end == nil } }

    private func greet(_ deadline: Duration) async throws(QMPError) {
        let answer = await wait(deadline) { race -> Int? in
            self.session.withLock { $0.awaitGreeting(race) }
            return nil
        }
        _ = try answer.get()
    }

    /// Waits for an answer, and no longer than the deadline or the task.
    private func wait(
        _ deadline: Duration,
        _ begin: (Race<QMPSession.Answer>) -> Int?
    ) async -> QMPSession.Answer {
        let open = Mutex<Wait?>(nil)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<QMPSession.Answer, Never>) in
                let race = Race(continuation)
                let id = begin(race)
                let timer = Deadline(deadline) {
                    race.finish(.failure(QMPError(.timedOut, "QEMU did not answer within \(deadline)")))
                }
                open.withLock { $0 = Wait(race: race, id: id, timer: timer) }
                if Task.isCancelled { race.finish(.failure(.cancelled)) }
            }
        } onCancel: {
            open.withLock { $0 }?.race.finish(.failure(.cancelled))
        }
        if let wait = open.withLock({ $0 }) {
            wait.timer.cancel()
            if let id = wait.id { session.withLock { $0.forget(id) } }
        }
        return answer
    }

    private struct Wait: Sendable {
        var race: Race<QMPSession.Answer>
        var id: Int?
        var timer: Deadline
    }

    /// One command is small; a QEMU that reads none of many is given up before any of our threads waits for it.
    private func send(_ line: [UInt8], _ descriptor: Int32?) throws(QMPError) {
        let sent = line.withUnsafeBytes { vmshop_send(socket, $0.baseAddress, UInt($0.count), descriptor ?? -1) }
        if sent == line.count { return }
        let reason = sent < 0 ? String(cString: strerror(Int32(-sent))) : "QEMU does not read"
        let error = QMPError(.unavailable, "cannot send to QEMU's monitor: \(reason)")
        // Half a line spoils all that follow.
        if sent >= 0 { end(error) }
        throw error
    }

    /// Takes up what has arrived. Called on the queue only.
    ///
    /// - Returns: Whether there may be more.
    @discardableResult
    private func receive() -> Bool {
        guard isOpen else { return false }
        do throws(QMPError) {
            guard let lines = try inbox.read(socket) else { return false }
            for line in lines {
                if let event = try session.withLock({ session throws(QMPError) in
                    session.take(try QMPMessage(line: line))
                }) {
                    continuation.yield(event)
                }
            }
            return true
        } catch {
            end(error)
            return false
        }
    }

    private func end(_ error: QMPError) {
        session.withLock { $0.finish(error) }
        continuation.finish()
        source.cancel()
    }
}

extension QMPError {
    fileprivate static let cancelled = QMPError(.timedOut, "the wait was cancelled")
}
