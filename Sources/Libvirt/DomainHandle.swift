import CLibvirt

/// Owns one reference to a libvirt domain.
struct DomainHandle: ~Copyable {
    let raw: virDomainPtr

    init(adopting raw: virDomainPtr) { self.raw = raw }

    /// Looks a domain up by name.
    init(_ name: String, on connection: ConnectionHandle) throws(VirtError) {
        guard let raw = virDomainLookupByName(connection.raw, name) else {
            throw VirtError.last("virDomainLookupByName")
        }
        self.raw = raw
    }

    deinit { virDomainFree(raw) }

    /// Throws unless a libvirt call answered with zero or more.
    borrowing func check(_ operation: String, _ call: (virDomainPtr) -> Int32) throws(VirtError) {
        guard call(raw) >= 0 else { throw VirtError.last(operation) }
    }

    var name: String { String(cString: virDomainGetName(raw)) }

    var uuid: String { UUIDText.read { virDomainGetUUIDString(raw, $0) } }

    var state: VirtDomainState {
        get throws(VirtError) {
            var state: Int32 = 0
            var reason: Int32 = 0
            guard virDomainGetState(raw, &state, &reason, 0) == 0 else { throw VirtError.last("virDomainGetState") }
            return VirtDomainState(state: state, reason: reason)
        }
    }

    /// The metadata element of a namespace, or `nil` when the domain has none.
    borrowing func metadata(namespace: String) throws(VirtError) -> String? {
        let kind = Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue)
        guard let text = virDomainGetMetadata(raw, kind, namespace, 0) else {
            let error = VirtError.last("virDomainGetMetadata")
            if error.code == .noDomainMetadata { return nil }
            throw error
        }
        return CText.take(text)
    }

    /// What is known of the domain, read in a few calls.
    borrowing func summary(metadata namespace: String?) throws(VirtError) -> VirtDomain {
        var metadata: String?
        if let namespace { metadata = try self.metadata(namespace: namespace) }
        return VirtDomain(
            name: name,
            uuid: uuid,
            state: try state,
            metadata: metadata
        )
    }
}
