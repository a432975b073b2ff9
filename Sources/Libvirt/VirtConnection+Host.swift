import CLibvirt

/// Facts of the host, and of the hypervisor on it.
public struct VirtHost: Sendable, Hashable {
    /// The driver, `QEMU` or `Test` say.
    public var driver: String
    /// The hypervisor's version, `7.2.22` say.
    public var version: String
    /// Memory in bytes.
    public var memory: Int
    /// Processors.
    public var cpus: Int
    /// libvirt's capabilities document, which lists domain types by architecture.
    public var capabilitiesXML: String
}

extension VirtConnection {
    /// Facts of the host.
    ///
    /// - Returns: The facts, asked anew each time.
    /// - Throws: ``VirtError``
    public func host() async throws(VirtError) -> VirtHost {
        try await perform("virConnectGetCapabilities", reads: true) { connection throws(VirtError) -> VirtHost in
            guard let driver = virConnectGetType(connection.raw) else { throw VirtError.last("virConnectGetType") }
            var number: UInt = 0
            guard virConnectGetVersion(connection.raw, &number) == 0 else {
                throw VirtError.last("virConnectGetVersion")
            }
            var node = virNodeInfo()
            guard virNodeGetInfo(connection.raw, &node) == 0 else { throw VirtError.last("virNodeGetInfo") }
            guard let text = virConnectGetCapabilities(connection.raw) else {
                throw VirtError.last("virConnectGetCapabilities")
            }
            return VirtHost(
                driver: String(cString: driver),
                version: "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)",
                memory: Int(clamping: node.memory) * 1024,
                cpus: Int(node.cpus),
                capabilitiesXML: CText.take(text)
            )
        }
    }
}
