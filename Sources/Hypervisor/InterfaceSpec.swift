/// A virtio network interface on one of libvirt's networks.
public struct InterfaceSpec: Sendable, Hashable, Codable {
    /// Name of the libvirt network.
    public var network: String
    /// Name of the network's bridge, for a hypervisor that does not ask libvirt for it.
    public var bridge: String?
    /// Hardware address, `52:54:00:12:34:56` say.
    public var mac: String
    /// Name of the tap device on the host, at most 15 bytes; libvirt picks one when absent.
    public var tapName: String?
    /// Whether the bridge port is isolated: it reaches the host, and no other isolated port.
    public var isolated: Bool

    /// An interface.
    ///
    /// - Parameters:
    ///   - network: Name of the libvirt network.
    ///   - mac: Hardware address.
    ///   - tapName: Name of the tap device.
    ///   - isolated: Whether the bridge port is isolated.
    ///   - bridge: Name of the network's bridge.
    public init(
        network: String,
        mac: String,
        tapName: String? = nil,
        isolated: Bool = true,
        bridge: String? = nil
    ) {
        self.network = network
        self.bridge = bridge
        self.mac = mac
        self.tapName = tapName
        self.isolated = isolated
    }
}

/// A kernel that the hypervisor loads itself, without firmware and boot loader.
public struct DirectBoot: Sendable, Hashable, Codable {
    /// Absolute path of the kernel on the host.
    public var kernel: String
    /// Absolute path of the initial RAM disk on the host.
    public var initrd: String?
    /// The kernel's command line.
    public var commandLine: String

    /// A direct boot.
    ///
    /// - Parameters:
    ///   - kernel: Absolute path of the kernel.
    ///   - initrd: Absolute path of the initial RAM disk.
    ///   - commandLine: The kernel's command line.
    public init(kernel: String, initrd: String? = nil, commandLine: String = "") {
        self.kernel = kernel
        self.initrd = initrd
        self.commandLine = commandLine
    }
}
