import CDBus

/// Why a call over D-Bus failed.
public struct BusError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// No bus at that address, or the connection to it is gone.
        case disconnected
        /// The peer's name has no owner: the service is not running.
        case noService
        /// No answer before the deadline; whether the call was carried out is not known.
        case timedOut
        /// The peer answered with an error of its own.
        case refused
        /// The arguments cannot be put into a message.
        case invalid
    }

    /// The kind of failure.
    public var code: Code
    /// The error's D-Bus name, `org.freedesktop.DBus.Error.InvalidArgs` say.
    public var name: String
    /// What the peer or the library said.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, name: String = "", message: String) {
        self.code = code
        self.name = name
        self.message = message
    }

    /// Kind, name and message on one line.
    public var description: String { "\(code.rawValue) \(name): \(message)" }

    /// Takes over, and frees, what a call left in an error structure of the library.
    init(taking raw: inout CDBus.DBusError) {
        let name = raw.name.map { String(cString: $0) } ?? ""
        let message = raw.message.map { String(cString: $0) } ?? "no message"
        dbus_error_free(&raw)
        let prefix = "org.freedesktop.DBus.Error."
        let code: Code =
            switch name {
            case prefix + "NoReply", prefix + "Timeout", prefix + "TimedOut": .timedOut
            case prefix + "ServiceUnknown", prefix + "NameHasNoOwner": .noService
            case prefix + "Disconnected", prefix + "NoServer", prefix + "FileNotFound", prefix + "BadAddress",
                prefix + "AuthFailed", prefix + "IOError", prefix + "LimitsExceeded":
                .disconnected
            case "": .disconnected
            default: .refused
            }
        self.init(code, name: name, message: message)
    }
}
