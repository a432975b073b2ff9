import CLibvirt

/// Owns one reference to a libvirt network.
struct NetworkHandle: ~Copyable {
    let raw: virNetworkPtr

    init(adopting raw: virNetworkPtr) { self.raw = raw }

    /// Looks a network up by name.
    init(_ name: String, on connection: ConnectionHandle) throws(VirtError) {
        guard let raw = virNetworkLookupByName(connection.raw, name) else {
            throw VirtError.last("virNetworkLookupByName")
        }
        self.raw = raw
    }

    deinit { virNetworkFree(raw) }

    /// Throws unless a libvirt call answered with zero or more.
    borrowing func check(_ operation: String, _ call: (virNetworkPtr) -> Int32) throws(VirtError) {
        guard call(raw) >= 0 else { throw VirtError.last(operation) }
    }

    var isActive: Bool { virNetworkIsActive(raw) == 1 }

    /// What is known of the network.
    borrowing func summary() -> VirtNetwork {
        VirtNetwork(
            name: String(cString: virNetworkGetName(raw)),
            uuid: UUIDText.read { virNetworkGetUUIDString(raw, $0) },
            bridge: virNetworkGetBridgeName(raw).map(CText.take),
            isActive: isActive,
            isPersistent: virNetworkIsPersistent(raw) == 1
        )
    }
}
