import CLibvirt

/// What an update does with an element of a network.
public enum VirtNetworkChange: Sendable, Hashable, CaseIterable {
    /// Adds the element behind its like.
    case add
    /// Removes the element that matches: a host by its MAC, name or address, whichever are given.
    case delete
    /// Replaces the element that matches.
    case modify
}

extension VirtConnection {
    /// Adds, removes or changes a static DHCP lease of a network; its DHCP server takes it up without a restart.
    ///
    /// - Parameters:
    ///   - change: What to do.
    ///   - host: The lease as XML: `<host mac='…' ip='…'/>`.
    ///   - name: The network's name.
    ///   - scope: What is changed; a network that is down has only its configuration.
    /// - Throws: ``VirtError``; `.operationInvalid` when a lease to add is there already, or one to remove is not.
    public func updateNetworkHost(
        _ change: VirtNetworkChange,
        host: String,
        of name: String,
        scope: VirtScope = .everywhere
    ) async throws(VirtError) {
        let section = VIR_NETWORK_SECTION_IP_DHCP_HOST.rawValue
        try await onNetwork(name, "virNetworkUpdate") { network in
            let flags = scope.networkFlags(isActive: virNetworkIsActive(network) == 1)
            return virNetworkUpdate(network, change.command, section, -1, host, flags)
        }
    }
}

extension VirtNetworkChange {
    fileprivate var command: UInt32 {
        switch self {
        case .add: VIR_NETWORK_UPDATE_COMMAND_ADD_LAST.rawValue
        case .delete: VIR_NETWORK_UPDATE_COMMAND_DELETE.rawValue
        case .modify: VIR_NETWORK_UPDATE_COMMAND_MODIFY.rawValue
        }
    }
}

extension VirtScope {
    fileprivate func networkFlags(isActive: Bool) -> UInt32 {
        let live = VIR_NETWORK_UPDATE_AFFECT_LIVE.rawValue
        let configuration = VIR_NETWORK_UPDATE_AFFECT_CONFIG.rawValue
        return switch self {
        case .everywhere: isActive ? live | configuration : configuration
        case .live: live
        case .configuration: configuration
        }
    }
}
