import Glibc
import NIOCore
import ShopAPI

/// What the clients of a service may take of it, so that slow ones keep nobody else out.
public struct TransportLimits: Sendable, Hashable {
    /// The largest request document that is read, in bytes.
    public var largestDocument: Int
    /// How long a connection may be open on which no request is under way, or on which a request comes and stops coming.
    public var idle: Duration
    /// How long a request document may take to come.
    public var document: Duration
    /// How many connections may be open. Further ones wait until one is closed.
    public var connections: Int
    /// How many calls are answered at a time, but for those that wait for events; further ones are refused.
    public var calls: Int

    /// Makes limits.
    public init(
        largestDocument: Int = 1 << 20,
        idle: Duration = .seconds(30),
        document: Duration = .seconds(30),
        connections: Int = TransportLimits.usualConnections,
        calls: Int = 1_024
    ) {
        self.largestDocument = largestDocument
        self.idle = idle
        self.document = document
        self.connections = connections
        self.calls = calls
    }

    /// 4,096, but no more than half of the files that the process may open: the service itself needs some.
    public static var usualConnections: Int {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return 512 }
        return Int(min(4_096, files.rlim_cur / 2))
    }
}

extension Duration {
    var timeAmount: TimeAmount { .nanoseconds(Int64(seconds * 1e9)) }
}
