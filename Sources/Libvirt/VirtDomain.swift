import CLibvirt

/// A domain, as libvirt knew it when it was asked.
public struct VirtDomain: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its UUID.
    public var uuid: String
    /// What it was doing.
    public var state: VirtDomainState
    /// The metadata element of the namespace that was asked for, as XML; `nil` when it has none.
    public var metadata: String?
}

extension VirtDomain {
    /// From an answer that tells the state; nothing where it does not.
    init?(_ record: virDomainStatsRecord) {
        guard let dom = record.dom, let state = Self.number("state.state", record) else { return nil }
        name = String(cString: virDomainGetName(dom))
        uuid = UUIDText.read { virDomainGetUUIDString(dom, $0) }
        self.state = VirtDomainState(state: state, reason: Self.number("state.reason", record) ?? 0)
    }

    private static func number(_ name: String, _ record: virDomainStatsRecord) -> Int32? {
        var value: Int32 = 0
        guard virTypedParamsGetInt(record.params, record.nparams, name, &value) == 1 else { return nil }
        return value
    }
}

/// What a domain is doing, and why.
public struct VirtDomainState: Sendable, Hashable {
    /// libvirt's states.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// It runs, or would if it had something to do.
        case running
        /// It stands still.
        case paused
        /// Its guest is powering off.
        case shutdown
        /// It does not run.
        case shutoff
        /// Its guest panicked.
        case crashed
        /// It sleeps (ACPI S3).
        case suspended
        /// libvirt does not know.
        case unknown
    }

    /// The state.
    public var kind: Kind
    /// Whether it came to this state by a failure: its process ended of itself, or its guest panicked.
    public var failed: Bool
    /// Whether it stands still because a disk of its could not be read or written.
    public var stalled: Bool

    /// Whether it is in memory, running or not.
    public var isActive: Bool { kind != .shutoff }

    /// From libvirt's two numbers.
    init(state: Int32, reason: Int32) {
        self.kind = Self.kind(state)
        self.stalled = kind == .paused && reason == Int32(VIR_DOMAIN_PAUSED_IOERROR.rawValue)
        switch kind {
        case .shutoff:
            // `daemon`: a restarted daemon did not find the process again, and guests that power off leave theirs.
            let failures = [VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_SHUTOFF_DAEMON]
            self.failed = failures.contains { Int32($0.rawValue) == reason }
        case .paused: self.failed = reason == Int32(VIR_DOMAIN_PAUSED_CRASHED.rawValue)
        case .crashed: self.failed = true
        default: self.failed = false
        }
    }

    private static func kind(_ state: Int32) -> Kind {
        switch virDomainState(UInt32(bitPattern: state)) {
        case VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED: .running
        case VIR_DOMAIN_PAUSED: .paused
        case VIR_DOMAIN_SHUTDOWN: .shutdown
        case VIR_DOMAIN_SHUTOFF: .shutoff
        case VIR_DOMAIN_CRASHED: .crashed
        case VIR_DOMAIN_PMSUSPENDED: .suspended
        default: .unknown
        }
    }
}
