import CLibvirt
import Glibc

extension VirtConnection {
    /// Defines a network, or redefines the one with the document's name and UUID. It is not started.
    ///
    /// - Parameter xml: The network's document.
    /// - Throws: ``VirtError``
    public func defineNetwork(_ xml: String) async throws(VirtError) {
        try await perform("virNetworkDefineXML") { connection throws(VirtError) in
            guard let raw = virNetworkDefineXML(connection.raw, xml) else {
                throw VirtError.last("virNetworkDefineXML")
            }
            _ = NetworkHandle(adopting: raw)
        }
    }

    /// Starts a defined network: its bridge and its DHCP server come up.
    ///
    /// - Parameter name: The network's name.
    /// - Throws: ``VirtError``, `.operationInvalid` when it is up already, `.noNetwork` when there is none.
    public func createNetwork(_ name: String) async throws(VirtError) {
        try await onNetwork(name, "virNetworkCreate") { virNetworkCreate($0) }
    }

    /// Stops a network: its bridge goes away. Its definition stays.
    ///
    /// - Parameter name: The network's name.
    /// - Throws: ``VirtError``, `.operationInvalid` when it is down already, `.noNetwork` when there is none.
    public func destroyNetwork(_ name: String) async throws(VirtError) {
        try await onNetwork(name, "virNetworkDestroy") { virNetworkDestroy($0) }
    }

    /// Forgets a network. One that is up stays so until it is stopped.
    ///
    /// - Parameter name: The network's name.
    /// - Throws: ``VirtError``, `.noNetwork` when there is none.
    public func undefineNetwork(_ name: String) async throws(VirtError) {
        try await onNetwork(name, "virNetworkUndefine") { virNetworkUndefine($0) }
    }

    /// Says whether libvirt starts the network by itself when its daemon starts.
    ///
    /// - Parameters:
    ///   - autostart: Whether it does.
    ///   - name: The network's name.
    /// - Throws: ``VirtError``, `.noNetwork` when there is none.
    public func setNetworkAutostart(_ autostart: Bool, of name: String) async throws(VirtError) {
        try await onNetwork(name, "virNetworkSetAutostart") { virNetworkSetAutostart($0, autostart ? 1 : 0) }
    }

    /// All networks, up or down, by name.
    ///
    /// - Returns: What is known of them.
    /// - Throws: ``VirtError``
    public func networks() async throws(VirtError) -> [VirtNetwork] {
        try await perform("virConnectListAllNetworks", reads: true) { connection throws(VirtError) -> [VirtNetwork] in
            var list: UnsafeMutablePointer<virNetworkPtr?>?
            let count = virConnectListAllNetworks(connection.raw, &list, 0)
            guard count >= 0 else { throw VirtError.last("virConnectListAllNetworks") }
            defer { free(list) }
            return UnsafeBufferPointer(start: list, count: Int(count))
                .compactMap { raw in raw.map { NetworkHandle(adopting: $0).summary() } }
                .sorted { $0.name < $1.name }
        }
    }

    /// One network.
    ///
    /// - Parameter name: The network's name.
    /// - Returns: What is known of it, `nil` when there is none.
    /// - Throws: ``VirtError``
    public func network(named name: String) async throws(VirtError) -> VirtNetwork? {
        try await perform("virNetworkLookupByName", reads: true) { connection throws(VirtError) -> VirtNetwork? in
            do throws(VirtError) {
                return try NetworkHandle(name, on: connection).summary()
            } catch {
                if error.code == .noNetwork { return nil }
                throw error
            }
        }
    }

    /// A network's document.
    ///
    /// - Parameters:
    ///   - name: The network's name.
    ///   - inactive: Whether to give the document of its next start instead of that of now.
    /// - Returns: The document as XML, with its `<metadata>`.
    /// - Throws: ``VirtError``, `.noNetwork` when there is none.
    public func networkXML(_ name: String, inactive: Bool = false) async throws(VirtError) -> String {
        try await perform("virNetworkGetXMLDesc", reads: true) { connection throws(VirtError) -> String in
            let network = try NetworkHandle(name, on: connection)
            let flags = inactive ? VIR_NETWORK_XML_INACTIVE.rawValue : 0
            guard let text = virNetworkGetXMLDesc(network.raw, flags) else {
                throw VirtError.last("virNetworkGetXMLDesc")
            }
            return CText.take(text)
        }
    }

    /// Makes a call that takes a network and answers with a number.
    func onNetwork(
        _ name: String,
        _ operation: String,
        _ call: @escaping @Sendable (virNetworkPtr) -> Int32
    ) async throws(VirtError) {
        try await perform(operation) { connection throws(VirtError) in
            try NetworkHandle(name, on: connection).check(operation, call)
        }
    }
}
