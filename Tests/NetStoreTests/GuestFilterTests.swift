import NFTables
import Testing

@testable import NetStore

/// All tests that make namespaces, one after the other.
@Suite("In network namespaces, as root", .serialized)
struct NamespaceTests {}

extension NamespaceTests {
    @Suite("Guest filter", .serialized)
    struct GuestFilterTests {
        @Test("An honest guest reaches its plant's NFS and nothing else, a thief of an address nothing")
        func stopsSpoofing() async throws {
            try await NetworkLab.with("filter") { lab in
                let (honest, thief) = (lab.lease(2), lab.lease(3))
                try await lab.plug(honest)
                try await lab.plug(thief)
                try await lab.listen(2049)
                try await lab.listen(22)
                // Without the filter all of it works: so it is the filter that stops it.
                #expect(try await lab.reaches(thief, honest.address))
                #expect(try await lab.connects(honest, 22))
                try await lab.addIPv6(honest)
                #expect(try await lab.reaches(honest, "fd00::1"))

                let filter = try lab.filter([honest, thief])
                try await filter.ensureTable()
                try await expectHonest(honest, in: lab)
                try await expectHonest(thief, in: lab)
                #expect(try await !lab.reaches(thief, honest.address), "guest to guest passed")
                #expect(try await !lab.connects(honest, 22), "ssh of the host is open")
                #expect(try await !lab.reaches(honest, "fd00::1"), "IPv6 passed")

                try await lab.steal(thief, address: honest.address, mac: nil)
                #expect(try await !lab.connects(thief, 2049), "stolen address passed")
                let neighbours = try await lab.onHost("ip", "neigh", "show", "dev", lab.bridge)
                #expect(!neighbours.contains(thief.mac), "the host's ARP cache is poisoned: \(neighbours)")
                try await lab.steal(thief, address: honest.address, mac: honest.mac)
                #expect(try await !lab.connects(thief, 2049), "stolen address and MAC passed")
                try await lab.steal(thief, address: thief.address, mac: honest.mac)
                #expect(try await !lab.connects(thief, 2049), "stolen MAC passed")
                try await lab.steal(thief, address: thief.address, mac: thief.mac)
                try await expectHonest(thief, in: lab)
            }
        }

        @Test("Guests cannot talk past the plant: no frame goes from tap to tap, whatever is in it")
        func separatesPorts() async throws {
            try await NetworkLab.with("ports") { lab in
                let (sender, receiver) = (lab.lease(2), lab.lease(3))
                try await lab.plug(sender)
                try await lab.plug(receiver)
                // Packets to the plant's address, which the filter lets pass, in frames to the neighbour.
                try await lab.inGuest(
                    sender,
                    "ip",
                    "neigh",
                    "replace",
                    lab.gateway,
                    "lladdr",
                    receiver.mac,
                    "dev",
                    "eth0"
                )
                try await lab.count(sender, at: receiver)
                try await lab.teachBridge(receiver)
                _ = try await lab.reaches(sender, lab.gateway)
                let before = try await lab.counted(at: receiver)
                #expect(before > 0, "the tunnel does not work even without a filter")
                try await lab.filter([sender, receiver]).ensureTable()
                try await lab.teachBridge(receiver)
                _ = try await lab.reaches(sender, lab.gateway)
                #expect(try await lab.counted(at: receiver) == before, "a frame went from tap to tap")
            }
        }

        @Test("Who is not admitted gets nothing through, and who is expelled nothing more")
        func admits() async throws {
            try await NetworkLab.with("admit") { lab in
                let (first, second) = (lab.lease(2), lab.lease(3))
                try await lab.plug(first)
                try await lab.plug(second)
                try await lab.listen(2049)
                let filter = try lab.filter([])
                #expect(try await filter.list() == nil)
                try await filter.ensureTable()
                #expect(try await filter.list() == [])
                #expect(try await !lab.connects(first, 2049))
                try await filter.admit(first)
                try await filter.admit(first)
                #expect(try await filter.list() == [FilteredGuest(lease: first)])
                #expect(try await lab.connectsSoon(first, 2049))
                #expect(try await !lab.connects(second, 2049))
                try await filter.expel(first)
                try await filter.expel(first)
                try await filter.expel(second)
                #expect(try await filter.list() == [])
                #expect(try await !lab.connects(first, 2049))
            }
        }

        @Test("A table that somebody flushed or removed is made again, with all who are wanted")
        func recovers() async throws {
            try await NetworkLab.with("recover") { lab in
                let leases = (2..<6).map(lab.lease)
                let filter = try lab.filter(Array(leases.dropLast()))
                try await filter.ensureTable()
                try await lab.onHost("nft", "flush", "ruleset")
                #expect(try await filter.list() == nil)
                try await filter.expel(leases[0])
                try await filter.admit(leases[3])
                #expect(try await filter.list()?.map(\.tap) == leases.map(\.tap))
                try await lab.onHost("nft", "flush", "table", "bridge", "vmshop")
                try await filter.ensureTable()
                try await filter.ensureTable()
                #expect(try await lab.onHost("nft", "list", "table", "bridge", "vmshop").contains("hook prerouting"))
                #expect(try await filter.list()?.count == 3)
                try await filter.removeTable()
                try await filter.removeTable()
                #expect(try await filter.list() == nil)
            }
        }

        @Test(
            "What somebody else does to the table is seen at once, what the filter itself does is not mistaken for it"
        )
        func seesChanges() async throws {
            try await NetworkLab.with("intact") { lab in
                let filter = try lab.filter([lab.lease(2)])
                #expect(try await filter.isIntact(), "there is nothing yet that could have been changed")
                try await filter.ensureTable()
                try await filter.admit(lab.lease(3))
                try await filter.expel(lab.lease(2))
                try await lab.onHost("nft", "add", "table", "ip", "other")
                for _ in 1...2 { #expect(try await filter.isIntact()) }
                for change in [
                    ["flush", "ruleset"], ["delete", "table", "bridge", "vmshop"],
                    ["flush", "table", "bridge", "vmshop"], ["flush", "chain", "bridge", "vmshop", "forward"],
                    ["insert", "rule", "bridge", "vmshop", "prerouting", "accept"],
                ] {
                    try await Command.run(["/usr/sbin/ip", "netns", "exec", lab.host, "nft"] + change)
                    #expect(try await !filter.isIntact(), "\(change)")
                    try await filter.ensureTable()
                    for _ in 1...2 { #expect(try await filter.isIntact()) }
                }
                try await filter.removeTable()
                #expect(try await filter.isIntact())
            }
        }

        @Test("DHCP of an honest guest passes, a guest that plays DHCP server is not heard")
        func guardsDHCP() async throws {
            try await NetworkLab.with("dhcp") { lab in
                let (guest, rogue) = (lab.lease(2), lab.lease(3))
                try await lab.plug(guest)
                try await lab.plug(rogue)
                try await lab.inGuest(guest, "ip", "address", "flush", "dev", "eth0")
                try await lab.serveDHCP(to: guest, in: lab.guest(rogue), on: "eth0")
                // Without the filter the rogue is heard: so it is the filter that silences it.
                #expect(try await lab.asksDHCP(guest).contains("lease of 10.90.0.2 obtained from 10.90.0.3"))
                let filter = try lab.filter([guest, rogue])
                try await filter.ensureTable()
                #expect(try await !lab.asksDHCP(guest).contains("obtained"), "the rogue was heard")
                try await lab.serveDHCP(to: guest, in: lab.host, on: lab.bridge)
                #expect(try await lab.asksDHCP(guest).contains("lease of 10.90.0.2 obtained from 10.90.0.1"))
            }
        }

        private func expectHonest(_ lease: GuestLease, in lab: NetworkLab) async throws {
            #expect(try await lab.connects(lease, 2049), "NFS of \(lease.machineID) is cut")
            #expect(try await lab.reaches(lease, lab.gateway), "ping of \(lease.machineID) is cut")
        }
    }
}

extension NetworkLab {
    func filter(_ leases: [GuestLease]) throws -> GuestFilter {
        try GuestFilter(runner: NamespacedRules(namespace: host)) { leases }
    }

    /// Opens a port of the host, in the background.
    func listen(_ port: Int) async throws {
        try write(folder + "/index.html", "open")
        try await Command.start([
            "/usr/sbin/ip", "netns", "exec", host, "busybox", "httpd", "-p", String(port), "-h", folder,
        ])
    }

    func connects(_ lease: GuestLease, _ port: Int) async throws -> Bool {
        try await succeeds(lease, "timeout", "2", "busybox", "nc", "-w", "1", gateway, String(port))
    }

    /// Tries for some seconds: who was cut off just now first has to ask for the plant's Ethernet address again.
    func connectsSoon(_ lease: GuestLease, _ port: Int) async throws -> Bool {
        for _ in 0..<5 where try await connects(lease, port) { return true }
        return false
    }

    func addIPv6(_ lease: GuestLease) async throws {
        try await onHost("ip", "address", "add", "fd00::1/64", "dev", bridge, "nodad")
        try await inGuest(lease, "ip", "address", "add", "fd00::2/64", "dev", "eth0", "nodad")
    }

    /// Lets the bridge learn where a guest is.
    func teachBridge(_ lease: GuestLease) async throws { _ = try await reaches(lease, gateway) }

    /// Begins to count the packets that arrive at a guest from another one.
    func count(_ sender: GuestLease, at receiver: GuestLease) async throws {
        try await inGuest(receiver, "nft", "add table ip count")
        try await inGuest(receiver, "nft", "add chain ip count in { type filter hook prerouting priority 0; }")
        try await inGuest(receiver, "nft", "add rule ip count in ip saddr \(sender.address) counter")
    }

    /// How many have arrived.
    func counted(at receiver: GuestLease) async throws -> Int {
        let words = try await inGuest(receiver, "nft", "list chain ip count in").split(whereSeparator: \.isWhitespace)
        let place = try #require(words.firstIndex(of: "packets"))
        return try #require(Int(words[place + 1]))
    }

    func reaches(_ lease: GuestLease, _ address: String) async throws -> Bool {
        let ping = address.contains(":") ? "ping6" : "ping"
        return try await succeeds(lease, "busybox", ping, "-c", "1", "-W", "1", address)
    }

    func steal(_ lease: GuestLease, address: String, mac: String?) async throws {
        try await inGuest(lease, "ip", "address", "flush", "dev", "eth0")
        try await inGuest(lease, "ip", "link", "set", "eth0", "address", mac ?? lease.mac)
        try await inGuest(lease, "ip", "address", "add", address + "/24", "dev", "eth0")
        try await onHost("ip", "neigh", "flush", "all")
        try await inGuest(lease, "ip", "neigh", "flush", "all")
    }

    /// Starts a DHCP server that knows one guest.
    func serveDHCP(to lease: GuestLease, in namespace: String, on interface: String) async throws {
        try await Command.start([
            "/usr/sbin/ip", "netns", "exec", namespace, "dnsmasq", "--conf-file=/dev/null", "--port=0",
            "--interface=" + interface, "--bind-interfaces", "--dhcp-range=10.90.0.0,static",
            "--dhcp-host=\(lease.mac),\(lease.address)", "--dhcp-leasefile=\(folder)/leases-\(namespace)",
            "--pid-file=\(folder)/\(namespace).pid", "--user=root", "--dhcp-authoritative",
        ])
    }

    /// Asks for an address as a guest does at its start; answers with what the client says.
    func asksDHCP(_ lease: GuestLease) async throws -> String {
        try await Command.attempt([
            "/usr/sbin/ip", "netns", "exec", guest(lease), "busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-t", "2",
            "-T", "1", "-s", "/bin/true",
        ]).output
    }
}
