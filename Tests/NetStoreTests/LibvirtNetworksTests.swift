import Glibc
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

    @Test("A small network answers for all its addresses from the start, and stays as it is while machines come and go")
    func answersEvery() async throws {
        try await with { networks, connection in
            try await networks.ensure(smallNetwork, leases: [])
            let all = (2...254).map { "10.90.1.\($0)" }
            #expect(try await hosts(connection) == all)
            let document = try await connection.networkXML(network.name)
            try await networks.addHost(lease(2))
            try await networks.ensure(smallNetwork, leases: [lease(2), lease(254)])
            try await networks.removeHost(lease(2))
            #expect(try await connection.networkXML(network.name) == document)
            try await networks.remove(network: network.name)
        }
    }

    @Test("An answer that contradicts a machine's is replaced, also where every address has one")
    func replacesAnswer() async throws {
        try await with { networks, connection in
            try await networks.ensure(smallNetwork, leases: [])
            var odd = lease(2)
            odd.mac = "52:54:00:ff:ff:ff"
            try await networks.addHost(odd)
            #expect(try await hosts(connection).count == 253)
            #expect(try await connection.networkXML(network.name).contains("mac='\(odd.mac)' ip='10.90.1.2'"))
            try await networks.ensure(smallNetwork, leases: [lease(2)])
            #expect(try await connection.networkXML(network.name).contains("mac='\(lease(2).mac)' ip='10.90.1.2'"))
            #expect(try await hosts(connection).count == 253)
            try await networks.remove(network: network.name)
        }
    }

    @Test("An imported network, and one that was made before, list their machines' answers only")
    func listsAnswers() async throws {
        try await with { networks, connection in
            var imported = smallNetwork
            imported.domain = nil
            try await networks.ensure(imported, leases: [lease(2)])
            #expect(try await hosts(connection) == ["10.90.1.2"])
            try await networks.ensure(smallNetwork, leases: [lease(3)])
            #expect(try await hosts(connection) == ["10.90.1.3"])
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

/// A network that a lab does not have yet, so large that its answers are listed as machines come.
let secondNetwork = GuestNetwork(
    name: "vmshop-net1",
    domain: "a.example",
    bridge: "vmsbr1",
    subnet: IPv4Subnet(containing: IPv4Address(value: 0x0A5A_0100), prefixLength: 23),
    gateway: IPv4Address(value: 0x0A5A_0101)
)

/// The same network, small enough to answer for every address from the start.
let smallNetwork: GuestNetwork = {
    var network = secondNetwork
    network.subnet = IPv4Subnet(containing: network.gateway, prefixLength: 24)
    return network
}()

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
        prefixLength: 23,
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
            let networks = try LibvirtNetworks(connection: connection, plant: "plant1", host: lab.networkHost)
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

extension NamespaceTests {
    @Test("Over a real libvirtd: a small network answers machines that it was not told of, and strangers not at all")
    func answersAtOnce() async throws {
        try await NetworkLab.with("every") { lab in
            let connection = try await lab.startLibvirt()
            let networks = try LibvirtNetworks(connection: connection, plant: "plant1", host: lab.networkHost)
            let last = secondLease(254)
            var stranger = secondLease(3)
            stranger.mac = "52:54:00:5b:01:03"
            try await networks.ensure(smallNetwork, leases: [])
            let leases = [last, stranger]
            let filter = try GuestFilter(runner: NamespacedRules(namespace: lab.host)) { leases }
            try await filter.ensureTable()
            try await lab.plug(last)
            #expect(try await lab.asksDHCP(last).contains("lease of 10.90.1.254 obtained from 10.90.1.1"))
            try await lab.plug(stranger)
            #expect(try await !lab.asksDHCP(stranger).contains("obtained"), "a stranger got an address")
            try await networks.remove(network: smallNetwork.name)
        }
    }
}

extension NamespaceTests {
    @Test("Over a real libvirtd: a DHCP server that died is started again, and running guests notice nothing")
    func revivesServer() async throws {
        try await NetworkLab.with("dead") { lab in
            let connection = try await lab.startLibvirt()
            let networks = try LibvirtNetworks(connection: connection, plant: "plant1", host: lab.networkHost)
            let lease = secondLease(2)
            try await networks.ensure(secondNetwork, leases: [lease])
            try await lab.plug(lease)
            let servers = lab.networkHost.servers
            for signal in [SIGKILL, SIGTERM] {
                let file = servers.directory + "/" + secondNetwork.name + ".pid"
                let process = try #require(pid_t(text(file).filter(\.isNumber)))
                let tap = try await lab.networkHost.links.index(of: lease.tap)
                #expect(try await servers.isAlive(secondNetwork.name))
                try #require(kill(process, signal) == 0)
                while kill(process, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
                #expect(try await !servers.isAlive(secondNetwork.name))
                try await networks.ensure(secondNetwork, leases: [lease])
                #expect(try await servers.isAlive(secondNetwork.name))
                #expect(try await lab.networkHost.links.index(of: lease.tap) == tap)
                #expect(try await lab.master(of: lease.tap) == secondNetwork.bridge)
                #expect(try await lab.asksDHCP(lease).contains("lease of 10.90.1.2 obtained"))
                let before = try text(file)
                try await networks.ensure(secondNetwork, leases: [lease])
                #expect(try text(file) == before, "a server that lives was started again")
            }
        }
    }

    @Test("Over a real libvirtd: a bridge that was deleted is made again, and the taps of running guests are on it")
    func rebuildsBridge() async throws {
        try await NetworkLab.with("bridge") { lab in
            let connection = try await lab.startLibvirt()
            let networks = try LibvirtNetworks(connection: connection, plant: "plant1", host: lab.networkHost)
            let (first, second) = (secondLease(2), secondLease(3))
            try await networks.ensure(secondNetwork, leases: [first, second])
            try await lab.plug(first)
            try await lab.onHost("ip", "link", "delete", secondNetwork.bridge)
            #expect(try await lab.master(of: first.tap) == nil)
            try await networks.ensure(secondNetwork, leases: [first, second])
            #expect(try await lab.master(of: first.tap) == secondNetwork.bridge)
            #expect(try await lab.asksDHCP(first).contains("lease of 10.90.1.2 obtained"))
            // A tap that is younger than its bridge is libvirt's to plug in.
            try await lab.onHost("ip", "link", "add", second.tap, "type", "veth", "peer", "name", "young")
            try await networks.ensure(secondNetwork, leases: [first, second])
            #expect(try await lab.master(of: second.tap) == nil)
        }
    }
}

@Suite("Interfaces of this host")
struct KernelLinksTests {
    @Test("What is there has a number, what is not has none, and an interface of no bridge joins none")
    func indexes() async throws {
        let links = KernelLinks()
        #expect(try await links.index(of: "lo") == 1)
        #expect(try await links.index(of: "vmshop-none") == nil)
        await expectFailure(.failed) { try await links.join("lo", to: "vmshop-none") }
    }
}

/// The interfaces of a lab's host.
struct NamespacedLinks: HostLinks {
    let host: String

    func index(of name: String) async throws(NetStoreError) -> Int? {
        try await show(name)?.split(separator: ":").first.flatMap { Int($0) }
    }

    func join(_ port: String, to bridge: String) async throws(NetStoreError) {
        let words = ["/usr/sbin/ip", "-n", host, "link", "set", port, "master", bridge]
        do { try await Command.run(words) } catch { throw NetStoreError(.failed, "\(error)") }
    }

    /// The first line that is shown of an interface.
    func show(_ name: String) async throws(NetStoreError) -> String? {
        do {
            let answer = try await Command.attempt("/usr/sbin/ip", "-n", host, "-o", "link", "show", name)
            return answer.isSuccess ? answer.output : nil
        } catch {
            throw NetStoreError(.failed, "\(error)")
        }
    }
}

extension NetworkLab {
    /// What of networks is on this lab's host.
    var networkHost: LibvirtNetworks.Host {
        .init(links: NamespacedLinks(host: host), servers: DHCPServer(directory: folder + "/libvirt/network"))
    }

    /// The bridge that an interface is a port of.
    func master(of port: String) async throws -> String? {
        let words = try await NamespacedLinks(host: host).show(port)?.split(separator: " ") ?? []
        return words.firstIndex(of: "master").map { String(words[$0 + 1]) }
    }

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
