import CLibvirt

/// One registration for domain events at one connection.
///
/// libvirt keeps a box for each callback until it calls the function that frees it, also after `cancel`: what the
/// callbacks touch never goes away under them.
struct EventSubscription: Sendable {
    private let connection: ConnectionHandle
    private let identifier: Int32
    private let watchesClosing: Bool
    /// Ends when the daemon has gone away; a local driver's never does.
    let untilLost: AsyncStream<Never>

    /// Registers; blocks.
    ///
    /// - Parameters:
    ///   - connection: Where to register.
    ///   - isLocal: Whether the driver has no daemon that could go away.
    ///   - sink: Takes the events, on libvirt's thread: it must not block.
    /// - Throws: ``VirtError`` when the hypervisor refuses.
    init(
        on connection: ConnectionHandle,
        isLocal: Bool,
        sink: @escaping @Sendable (VirtDomainEvent) -> Void
    ) throws(VirtError) {
        self.connection = connection
        let (untilLost, lost) = AsyncStream.makeStream(of: Never.self)
        self.untilLost = untilLost
        // A driver that cannot be closed takes the callback, answers that all is well, and never frees it.
        self.watchesClosing = isLocal ? false : Self.watchClosing(of: connection) { lost.finish() }
        do throws(VirtError) {
            self.identifier = try Self.register(on: connection, sink: sink)
        } catch {
            // The callback holds the connection open until it is taken back.
            if watchesClosing { virConnectUnregisterCloseCallback(connection.raw, Self.closed) }
            throw error
        }
    }

    /// Takes the registration back; blocks.
    func cancel() {
        virConnectDomainEventDeregisterAny(connection.raw, identifier)
        if watchesClosing { virConnectUnregisterCloseCallback(connection.raw, Self.closed) }
    }

    private static func register(
        on connection: ConnectionHandle,
        sink: @escaping @Sendable (VirtDomainEvent) -> Void
    ) throws(VirtError) -> Int32 {
        let lifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
            guard let domain, let opaque else { return 0 }
            Box<VirtDomainEvent>.at(opaque).action(
                VirtDomainEvent(
                    name: String(cString: virDomainGetName(domain)),
                    uuid: UUIDText.read { virDomainGetUUIDString(domain, $0) },
                    event: event,
                    detail: detail
                )
            )
            return 0
        }
        let box = Unmanaged.passRetained(Box(sink))
        let identifier = virConnectDomainEventRegisterAny(
            connection.raw,
            nil,
            Int32(VIR_DOMAIN_EVENT_ID_LIFECYCLE.rawValue),
            // libvirt passes every kind of callback through one type, as VIR_DOMAIN_EVENT_CALLBACK does in C.
            unsafeBitCast(lifecycle, to: virConnectDomainEventGenericCallback.self),
            box.toOpaque(),
            Box<VirtDomainEvent>.free
        )
        guard identifier < 0 else { return identifier }
        box.release()
        throw VirtError.last("virConnectDomainEventRegisterAny")
    }

    /// Has the connection tell when it is closed.
    private static func watchClosing(
        of connection: ConnectionHandle,
        action: @escaping @Sendable () -> Void
    ) -> Bool {
        let box = Unmanaged.passRetained(Box<Void>(action))
        let result = virConnectRegisterCloseCallback(connection.raw, closed, box.toOpaque(), Box<Void>.free)
        if result < 0 { box.release() }
        return result == 0
    }

    private static let closed: virConnectCloseFunc = { _, _, opaque in
        guard let opaque else { return }
        Box<Void>.at(opaque).action(())
    }
}

/// An action that travels through C as a pointer.
private final class Box<Value>: Sendable {
    let action: @Sendable (Value) -> Void

    init(_ action: @escaping @Sendable (Value) -> Void) { self.action = action }

    static func at(_ opaque: UnsafeMutableRawPointer) -> Box<Value> {
        Unmanaged<Box<Value>>.fromOpaque(opaque).takeUnretainedValue()
    }

    static var free: virFreeCallback {
        { opaque in
            guard let opaque else { return }
            // The type's parameter is gone in C; an object knows itself how it is released.
            Unmanaged<AnyObject>.fromOpaque(opaque).release()
        }
    }
}
