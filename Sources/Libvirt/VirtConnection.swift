import Synchronization

/// A connection to a hypervisor.
///
/// - Each call runs on a dispatch thread of its own and ends by a deadline; one that hangs holds up no other. After a
///   call has missed its deadline, later ones go over a new connection: libvirt's daemon serves only a few calls of a
///   connection at a time, and a few hung ones would block all.
/// - When the daemon has gone away, the next call opens a new connection, and waits a moment for a daemon that is being
///   restarted. A call during which the connection was lost throws `.connectionLost`, unless it only reads: then it is
///   made once more.
/// - Nothing is locked while libvirt is being called.
public final class VirtConnection: Sendable {
    /// The libvirt URI, `qemu:///system` or `test:///default` say.
    public let uri: String
    /// How long a call may take that does not say.
    public let deadline: Duration

    private let state: Mutex<State>

    /// Calls that may be under way at the same time; more are refused with `.busy`.
    private static let callLimit = 96
    /// How long after a loss a call keeps trying to connect again.
    private static let patience = Duration.seconds(2)

    struct State {
        var current: ConnectionHandle?
        var calls = 0
        var lostAt: ContinuousClock.Instant?
    }

    /// A connection that is made by its first call: for whoever may start before the daemon does.
    ///
    /// - Parameters:
    ///   - uri: A libvirt URI.
    ///   - deadline: How long a call may take that does not say.
    public init(uri: String, deadline: Duration = .seconds(30)) {
        self.uri = uri
        self.deadline = deadline
        self.state = Mutex(State())
    }

    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - uri: A libvirt URI. `test:///default` is one world for the whole process, `test:///FILE` one for each
    ///     connection.
    ///   - deadline: How long a call may take that does not say.
    /// - Returns: The connection, closed when the last reference to it goes.
    /// - Throws: ``VirtError`` `.unavailable` when the hypervisor is not there, `.timedOut` when it does not answer.
    public static func open(
        uri: String,
        deadline: Duration = .seconds(30)
    ) async throws(VirtError) -> VirtConnection {
        let connection = VirtConnection(uri: uri, deadline: deadline)
        try await connection.perform("virConnectOpen", reads: true) { _ throws(VirtError) in }
        return connection
    }

    /// Runs one piece of work on a thread of its own.
    ///
    /// - Parameters:
    ///   - operation: Name for errors.
    ///   - reads: Whether the work changes nothing, so that it may be done again after the connection was lost.
    ///   - deadline: How long it may take; the connection's own when absent.
    ///   - body: The work. What libvirt allocates must not leave it.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws, or ``VirtError`` `.timedOut`, `.busy`, `.unavailable`, `.connectionLost`.
    func perform<Value: Sendable>(
        _ operation: String,
        reads: Bool = false,
        deadline: Duration? = nil,
        _ body: @escaping @Sendable (ConnectionHandle) throws(VirtError) -> Value
    ) async throws(VirtError) -> Value {
        guard begin() else { throw VirtError(code: .busy, message: "too many calls under way", operation: operation) }
        let limit = deadline ?? self.deadline
        let giveUp = ContinuousClock.now + limit
        let result = await BlockingCall.run(operation, deadline: limit) { () -> Result<Value, VirtError> in
            defer { self.end() }
            return Result { () throws(VirtError) in try self.attempt(operation, reads, until: giveUp, body) }
        }
        if case .failure(let error) = result, error.code == .timedOut { retire() }
        return try result.get()
    }

    private func attempt<Value: Sendable>(
        _ operation: String,
        _ reads: Bool,
        until giveUp: ContinuousClock.Instant,
        _ body: @Sendable (ConnectionHandle) throws(VirtError) -> Value
    ) throws(VirtError) -> Value {
        let first = try live(until: giveUp)
        do throws(VirtError) {
            return try body(first)
        } catch {
            guard !first.isAlive else { throw error }
            guard reads else {
                throw VirtError(code: .connectionLost, message: error.message, operation: operation)
            }
            return try body(try live(until: giveUp))
        }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.calls < Self.callLimit else { return false }
            state.calls += 1
            return true
        }
    }

    private func end() {
        state.withLock { $0.calls -= 1 }
    }
}

extension VirtConnection {
    /// Whether the driver runs within this process, so that a world may hang on its connection.
    var isLocal: Bool { uri.hasPrefix("test:") }

    /// The connection that is open now, or a new one; blocks.
    func live(until giveUp: ContinuousClock.Instant) throws(VirtError) -> ConnectionHandle {
        if let current = current() { return current }
        while true {
            do throws(VirtError) {
                return adopt(try ConnectionHandle(opening: uri))
            } catch {
                let now = ContinuousClock.now
                let patient = state.withLock { $0.lostAt.map { now - $0 < Self.patience } ?? false }
                guard patient, now < giveUp else { throw error }
                Pause.sleep(.milliseconds(20))
            }
        }
    }

    /// The connection in use, unless its daemon has gone away.
    private func current() -> ConnectionHandle? {
        guard let current = state.withLock({ $0.current }) else { return nil }
        guard !current.isAlive else { return current }
        state.withLock { state in
            guard state.current === current else { return }
            state.current = nil
            state.lostAt = .now
        }
        return nil
    }

    /// Takes a new connection into use, unless another thread was faster: then that one's.
    private func adopt(_ opened: ConnectionHandle) -> ConnectionHandle {
        state.withLock { state in
            if let current = state.current { return current }
            state.current = opened
            state.lostAt = nil
            return opened
        }
    }

    /// Leaves the connection to the calls that hang on it.
    private func retire() {
        guard !isLocal else { return }
        state.withLock { $0.current = nil }
    }
}
