import Libvirt
import Testing

@testable import NetStore

@Suite("Networks over libvirt's test driver", .serialized)
struct LibvirtNetworksTests {
    @Test("A network is made, kept, changed and removed, and each step twice is once")
    func lives() async throws {
        try await with { networks, connection in
            let (first, second) = (lease(2), lease(3))
            try await networks.ensure(network, leases: [first])
            try await networks.ensure(network, leases: [first])
            let expected = MarkedNetwork(name: "vmshop-net1", plant: "plant1", isActive: true)
            #expect(try await networks.list() == [expected])
            let xml = try await connection.networkXML("vmshop-net1")
            #expect(xml.contains("<bridge name='vmsbr1' stp='off' delay='0'/>"), "\(xml)")
            #expect(!xml.contains("<forward") && !xml.contains("<range"))
            #expect(xml.contains("domain=\"a.example\""))
            try await networks.addHost(second)
            try await networks.addHost(second)
            #expect(try await hosts(connection) == [first.address, second.address])
            try await networks.removeHost(first)
            try await networks.removeHost(first)
            #expect(try await hosts(connection) == [second.address])
            try await networks.ensure(network, leases: [first])
            #expect(try await hosts(connection) == [first.address])
            try await networks.remove(network: network.name)
            try await networks.remove(network: network.name)
            #expect(try await networks.list().isEmpty)
            try await networks.removeHost(first)
            await expectFailure(.notFound) { try await networks.addHost(first) }
        }
    }

    @Test("A network without our mark is left alone, and so is another plant's")
    func respectsOthers() async throws {
        try await with { networks, connection in
            #expect(try await connection.network(named: "default") != nil)
            #expect(try await networks.list().isEmpty)
            await expectFailure(.conflict) { try await networks.remove(network: "default") }
            let other = try LibvirtNetworks(connection: connection, plant: "plant2")
            try await other.ensure(network, leases: [])
            await expectFailure(.conflict) { try await networks.ensure(network, leases: []) }
            await expectFailure(.conflict) { try await networks.remove(network: network.name) }
            // There is no answer of ours in it.
            try await networks.removeHost(lease(2))
            #expect(try await networks.names().isSuperset(of: ["default", network.name]))
            try await other.remove(network: network.name)
        }
    }

    @Test("A network that went down is brought up again, one that vanished is made again with its hosts")
    func recovers() async throws {
        try await with { networks, connection in
            try await networks.ensure(network, leases: [lease(2)])
            try await connection.destroyNetwork(network.name)
            try await networks.ensure(network, leases: [lease(2)])
            #expect(try await networks.list().map(\.isActive) == [true])
            try await connection.destroyNetwork(network.name)
            try await connection.undefineNetwork(network.name)
            try await networks.ensure(network, leases: [lease(2), lease(3)])
            #expect(try await hosts(connection).count == 2)
            try await networks.remove(network: network.name)
        }
    }

    @Test("Names that are none are refused", arguments: ["", "a b", "../x", "<x>", "a'b"])
    func refuses(name: String) async throws {
        try await with { networks, connection in
            var bad = network
            bad.name = name
            await expectFailure(.invalid) { try await networks.ensure(bad, leases: []) }
            bad = network
            bad.bridge = name
            await expectFailure(.invalid) { try await networks.ensure(bad, leases: []) }
            #expect(throws: NetStoreError.self) { try LibvirtNetworks(connection: connection, plant: name) }
        }
    }

    private func with(_ body: (LibvirtNetworks, VirtConnection) async throws -> Void) async throws {
        let connection = try await VirtConnection.open(uri: "test:///default")
        try await body(LibvirtNetworks(connection: connection, plant: "plant1"), connection)
    }

    private func hosts(_ connection: VirtConnection) async throws -> [String] {
        try await connection.networkXML(network.name).split(separator: "\n")
            .filter { $0.contains("<host ") }
            .compactMap { $0.split(separator: "ip='").last?.split(separator: "'").first.map(String.init) }
    }

    private let network = secondNetwork
    private func lease(_ number: Int) -> GuestLease { secondLease(number) }
}

/// A network that a lab does not have yet.
let secondNetwork = GuestNetwork(
    name: "vmshop-net1",
    domain: "a.example",
    bridge: "vmsbr1",
    subnet: IPv4Subnet(containing: IPv4Address(value: 0x0A5A_0100), prefixLength: 24),
    gateway: IPv4Address(value: 0x0A5A_0101)
)

func secondLease(_ number: Int) -> GuestLease {
    let address = IPv4Address(value: 0x0A5A_0100 + UInt32(number))
    return GuestLease(
        machineID: "M\(number)",
        domain: "a.example",
        network: secondNetwork.name,
        bridge: secondNetwork.bridge,
        address: address.description,
        mac: address.mac,
        gateway: secondNetwork.gateway.description,
        prefixLength: 24,
        share: "/srv/s/M\(number)",
        exportID: 100 + number,
        tap: "vmst" + address.hex
    )
}

extension NamespaceTests {
    @Test("Over a real libvirtd: each guest gets its own address over DHCP, at once, behind the filter")
    func servesAddresses() async throws {
        try await NetworkLab.with("virt") { lab in
            let connection = try await lab.startLibvirt()
            let networks = try LibvirtNetworks(connection: connection, plant: "plant1")
            let (first, second, third) = (secondLease(2), secondLease(3), secondLease(4))
            try await networks.ensure(secondNetwork, leases: [])
            let filter = try GuestFilter(runner: NamespacedRules(namespace: lab.host)) { [first, second, third] }
            try await filter.ensureTable()
            try await networks.addHost(first)
            try await lab.plug(first)
            #expect(try await lab.asksDHCP(first).contains("lease of 10.90.1.2 obtained from 10.90.1.1"))
            try await networks.addHost(second)
            try await lab.plug(second)
            #expect(try await lab.asksDHCP(second).contains("lease of 10.90.1.3 obtained from 10.90.1.1"))
            try await lab.plug(third)
            #expect(try await !lab.asksDHCP(third).contains("obtained"), "a stranger got an address")
            try await networks.removeHost(first)
            #expect(try await !lab.asksDHCP(first).contains("obtained"), "a removed host got an address")
            try await networks.ensure(secondNetwork, leases: [first, second])
            #expect(try await lab.asksDHCP(first).contains("lease of 10.90.1.2 obtained"))
            try await networks.remove(network: secondNetwork.name)
            #expect(try await !Command.attempt("/usr/sbin/ip", "-n", lab.host, "link", "show", "vmsbr1").isSuccess)
            #expect(try await networks.list().isEmpty)
        }
    }
}

extension NetworkLab {
    /// Starts a libvirtd that is this lab's alone.
    func startLibvirt() async throws -> VirtConnection {
        let script = """
            mount --make-rprivate / && mkdir \(folder)/libvirt && mount -t tmpfs none /run && mkdir /run/libvirt \
            && mount --bind \(folder)/libvirt /run/libvirt \
            && mount -t tmpfs none /var/lib/libvirt && mount -t tmpfs none /etc/libvirt/qemu \
            && virtlogd -d && exec libvirtd -d
            """
        try await Command.start(["/usr/sbin/ip", "netns", "exec", host, "unshare", "-m", "/bin/sh", "-c", script])
        let uri = "qemu+unix:///system?socket=\(folder)/libvirt/libvirt-sock"
        for _ in 0..<100 {
            if let connection = try? await VirtConnection.open(uri: uri) { return connection }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Command.Failure(description: "libvirtd does not answer")
    }
}
