import BlockingCalls
import CDBus
import Dispatch
import Synchronization

/// A bus, reached when it is first needed, and again after the connection was lost.
///
/// Calls are made one after the other on a dispatch queue of the connection's own: the library's calls block. Most have a
/// deadline of their own; to connect has none, and waits for as long as the bus accepts nobody. So a call whose deadline
/// passes is left to itself, with its queue, and later ones go over another.
public final class BusConnection: Sendable {
    /// A queue and the session that is used on it alone.
    private final class Lane: Sendable {
        let queue: DispatchQueue
        let session = Session()

        init(_ address: String) { queue = DispatchQueue(label: "dbus \(address)") }
    }

    private struct Lanes {
        var current: Lane
        /// How many were left and still have a call under way, each on a thread.
        var left = 0
    }

    private static let mostLeft = 8

    private let address: String
    private let lanes: Mutex<Lanes>

    /// Names a bus; nothing is opened yet.
    ///
    /// - Parameter address: A D-Bus address, `unix:path=/run/dbus/system_bus_socket` say.
    public init(address: String) {
        self.address = address
        self.lanes = Mutex(Lanes(current: Lane(address)))
    }

    /// Calls a method and waits for the answer's values.
    ///
    /// A call that was still waiting behind others at its deadline is not made at all.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - timeout: How long to wait, the time in the queue included.
    /// - Returns: The values of the answer.
    /// - Throws: ``BusError``; after `.timedOut` the peer may still carry the call out.
    public func call(_ call: BusCall, timeout: Duration) async throws(BusError) -> [BusValue] {
        let deadline = ContinuousClock.now + timeout
        let lane = lanes.withLock { $0.current }
        let result: Result<[BusValue], BusError> = await withCheckedContinuation { continuation in
            let race = Race(continuation)
            // A moment later: a call that ends by itself at its deadline has nothing to leave behind.
            let limit = Deadline(timeout + .milliseconds(50)) {
                let late = BusError(.timedOut, message: "no answer within \(timeout)")
                if race.finish(.failure(late)) { self.leave(lane) }
            }
            lane.queue.async { [address] in
                race.finish(
                    Result { () throws(BusError) -> [BusValue] in
                        try lane.session.call(call, at: address, deadline: deadline)
                    }
                )
                limit.cancel()
            }
        }
        return try result.get()
    }

    /// Gives later calls another queue, unless many hang already: each holds a thread.
    private func leave(_ lane: Lane) {
        let isLeft = lanes.withLock { lanes in
            guard lanes.current === lane, lanes.left < Self.mostLeft else { return false }
            lanes.current = Lane(address)
            lanes.left += 1
            return true
        }
        guard isLeft else { return }
        lane.queue.async { self.lanes.withLock { $0.left -= 1 } }
    }
}

/// The open connection. Touched on its owner's queue only.
// SAFETY: `raw` is read and written on the serial queue of its lane and in deinit, when no call can be left.
private final class Session: @unchecked Sendable {
    private var raw: OpaquePointer?

    deinit { close() }

    func call(_ call: BusCall, at address: String, deadline: ContinuousClock.Instant) throws(BusError) -> [BusValue] {
        let message = try BusMessage.make(call)
        if let raw, dbus_connection_get_is_connected(raw) == 0 { close() }
        let connection: OpaquePointer
        if let raw { connection = raw } else { connection = try open(address, deadline: deadline) }
        do throws(BusError) {
            return try Self.send(message, over: connection, deadline: deadline).values
        } catch {
            // After a deadline too: the late answer would stay in the connection for ever.
            if error.code == .disconnected || error.code == .timedOut { close() }
            throw error
        }
    }

    private func open(_ address: String, deadline: ContinuousClock.Instant) throws(BusError) -> OpaquePointer {
        dbus_threads_init_default()
        var error = CDBus.DBusError()
        dbus_error_init(&error)
        guard let connection = dbus_connection_open_private(address, &error) else { throw BusError(taking: &error) }
        dbus_connection_set_exit_on_disconnect(connection, 0)
        do throws(BusError) {
            // Not `dbus_bus_register`, which has no deadline.
            let hello = BusCall(
                destination: "org.freedesktop.DBus",
                path: "/org/freedesktop/DBus",
                interface: "org.freedesktop.DBus",
                method: "Hello"
            )
            let answer = try Self.send(BusMessage.make(hello), over: connection, deadline: deadline).values
            guard let name = answer.first?.text, dbus_bus_set_unique_name(connection, name) != 0 else {
                throw BusError(.disconnected, message: "the bus gave no name")
            }
        } catch {
            dbus_connection_close(connection)
            dbus_connection_unref(connection)
            throw BusError(
                error.code == .refused ? .disconnected : error.code,
                name: error.name,
                message: error.message
            )
        }
        raw = connection
        return connection
    }

    private func close() {
        guard let raw else { return }
        dbus_connection_close(raw)
        dbus_connection_unref(raw)
        self.raw = nil
    }

    private static func send(
        _ message: borrowing BusMessage,
        over connection: OpaquePointer,
        deadline: ContinuousClock.Instant
    ) throws(BusError) -> BusMessage {
        let left = (deadline - ContinuousClock.now) / .milliseconds(1)
        guard left >= 1 else { throw BusError(.timedOut, message: "the deadline passed before the call was made") }
        var error = CDBus.DBusError()
        dbus_error_init(&error)
        let reply = dbus_connection_send_with_reply_and_block(connection, message.raw, CInt(min(left, 1e9)), &error)
        guard let reply else { throw BusError(taking: &error) }
        return BusMessage(adopting: reply)
    }
}
