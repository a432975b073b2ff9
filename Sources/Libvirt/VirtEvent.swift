import CLibvirt

/// What comes through the stream of a connection's events.
public enum VirtEvent: Sendable, Hashable {
    /// Something happened to a domain.
    case domain(VirtDomainEvent)
    /// The connection was lost and made anew, or the reader was too slow: events are missing before this one. Compare.
    case gap
}

/// Something that happened to a domain.
public struct VirtDomainEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// It was defined or redefined.
        case defined
        /// It was undefined.
        case undefined
        /// It started, or was taken up again by a daemon that had been restarted.
        case started
        /// It stands still.
        case suspended
        /// It goes on.
        case resumed
        /// It ended.
        case stopped
        /// Its guest began to power off.
        case shutdown
        /// It sleeps.
        case sleeping
        /// Its guest panicked.
        case crashed
        /// Something that this room does not know.
        case other
    }

    /// The domain's name.
    public var name: String
    /// The domain's UUID.
    public var uuid: String
    /// What happened.
    public var kind: Kind
    /// Whether a failure was the cause: the process ended of itself, or the guest panicked.
    public var failed: Bool

    init(name: String, uuid: String, event: Int32, detail: Int32) {
        self.name = name
        self.uuid = uuid
        self.kind = Self.kind(event)
        let failures = [VIR_DOMAIN_EVENT_STOPPED_CRASHED, VIR_DOMAIN_EVENT_STOPPED_FAILED].map { Int32($0.rawValue) }
        self.failed = kind == .crashed || (kind == .stopped && failures.contains(detail))
    }

    private static func kind(_ event: Int32) -> Kind {
        switch virDomainEventType(UInt32(bitPattern: event)) {
        case VIR_DOMAIN_EVENT_DEFINED: .defined
        case VIR_DOMAIN_EVENT_UNDEFINED: .undefined
        case VIR_DOMAIN_EVENT_STARTED: .started
        case VIR_DOMAIN_EVENT_SUSPENDED: .suspended
        case VIR_DOMAIN_EVENT_RESUMED: .resumed
        case VIR_DOMAIN_EVENT_STOPPED: .stopped
        case VIR_DOMAIN_EVENT_SHUTDOWN: .shutdown
        case VIR_DOMAIN_EVENT_PMSUSPENDED: .sleeping
        case VIR_DOMAIN_EVENT_CRASHED: .crashed
        default: .other
        }
    }
}
