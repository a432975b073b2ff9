import CLibvirt

/// What a change of a domain or a network is made to.
public enum VirtScope: Sendable, Hashable, CaseIterable {
    /// The run of now, if it runs, and every later one.
    case everywhere
    /// The run of now only.
    case live
    /// Later runs only.
    case configuration
}

extension VirtConnection {
    /// Adds a device to a domain.
    ///
    /// - Parameters:
    ///   - xml: The device's element.
    ///   - name: The domain's name.
    ///   - scope: What is changed.
    /// - Throws: ``VirtError``
    public func attachDevice(
        _ xml: String,
        to name: String,
        scope: VirtScope = .everywhere
    ) async throws(VirtError) {
        try await onDomain(name, "virDomainAttachDeviceFlags") { domain in
            virDomainAttachDeviceFlags(domain, xml, scope.flags(isActive: virDomainIsActive(domain) == 1))
        }
    }

    /// Takes a device from a domain. A running guest is only asked to let go of it: ask for the document to see
    /// whether it has.
    ///
    /// - Parameters:
    ///   - xml: The device's element, as in the domain's document.
    ///   - name: The domain's name.
    ///   - scope: What is changed.
    /// - Throws: ``VirtError``, `.deviceMissing` or `.operationFailed` when it is not there.
    public func detachDevice(
        _ xml: String,
        from name: String,
        scope: VirtScope = .everywhere
    ) async throws(VirtError) {
        try await onDomain(name, "virDomainDetachDeviceFlags") { domain in
            virDomainDetachDeviceFlags(domain, xml, scope.flags(isActive: virDomainIsActive(domain) == 1))
        }
    }

    /// Sets or removes a domain's metadata element of one namespace.
    ///
    /// - Parameters:
    ///   - element: The element as XML, without the namespace's declaration; `nil` removes it.
    ///   - prefix: The prefix that libvirt writes it with.
    ///   - namespace: Its namespace.
    ///   - name: The domain's name.
    ///   - scope: What is changed.
    /// - Throws: ``VirtError``
    public func setMetadata(
        _ element: String?,
        prefix: String,
        namespace: String,
        of name: String,
        scope: VirtScope = .everywhere
    ) async throws(VirtError) {
        let kind = Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue)
        try await onDomain(name, "virDomainSetMetadata") { domain in
            let flags = scope.flags(isActive: virDomainIsActive(domain) == 1)
            return virDomainSetMetadata(domain, kind, element, element == nil ? nil : prefix, namespace, flags)
        }
    }
}

extension VirtScope {
    /// Flags of a domain's change.
    fileprivate func flags(isActive: Bool) -> UInt32 {
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        let configuration = VIR_DOMAIN_AFFECT_CONFIG.rawValue
        return switch self {
        case .everywhere: isActive ? live | configuration : configuration
        case .live: live
        case .configuration: configuration
        }
    }
}
