import FoundationEssentials
import Libvirt

/// A world of libvirt's test driver that no other test sees.
struct TestWorld: ~Copyable {
    let connection: VirtConnection
    private let path: String

    init() async throws {
        path = FileManager.default.temporaryDirectory.appending(path: "vmshop-node-\(UUID().uuidString).xml").path
        try "<node></node>".write(toFile: path, atomically: true, encoding: .utf8)
        connection = try await VirtConnection.open(uri: "test://\(path)")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func domain(_ name: String, metadata: String = "") -> String {
        """
        <domain type='test'><name>\(name)</name><metadata>\(metadata)</metadata><memory>65536</memory><vcpu>1</vcpu>
        <os><type>hvm</type></os></domain>
        """
    }

    static func network(_ name: String, bridge: String) -> String {
        """
        <network><name>\(name)</name><metadata><plant xmlns='urn:vmshop:network:1' name='p1'/></metadata>
        <bridge name='\(bridge)'/><ip address='192.168.7.1' netmask='255.255.255.0'><dhcp>
        <host mac='52:54:00:00:00:01' ip='192.168.7.2'/></dhcp></ip></network>
        """
    }
}
