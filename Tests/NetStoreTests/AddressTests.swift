import Testing

@testable import NetStore

@Suite("IPv4 addresses, subnets and plans")
struct AddressTests {
    @Test("An address is four numbers and nothing else", arguments: ["0.0.0.0", "10.90.3.2", "255.255.255.255"])
    func readsAddress(text: String) throws {
        #expect(try #require(IPv4Address(text)).description == text)
    }

    @Test(
        "What is not an address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "1..2.3", "1.2.3.-4", "１.2.3.4",
        ]
    )
    func refusesAddress(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test("The MAC follows from the address")
    func derivesMAC() throws {
        #expect(try #require(IPv4Address("10.90.3.2")).mac == "52:54:00:5a:03:02")
    }

    @Test("A subnet has a base without host bits")
    func readsSubnet() throws {
        let subnet = try #require(IPv4Subnet("10.90.3.0/24"))
        #expect(subnet.netmask == "255.255.255.0")
        #expect(subnet.last.description == "10.90.3.255")
        #expect(IPv4Subnet("10.90.3.1/24") == nil)
        #expect(IPv4Subnet("10.90.3.0/33") == nil)
        #expect(IPv4Subnet("10.90.3.0/024") == nil)
        #expect(try #require(IPv4Subnet("240.0.0.0/4")).contains(try #require(IPv4Address("255.255.255.255"))))
    }

    @Test(
        "A plan that cannot work is refused",
        arguments: [
            ("10.0.0.0/7", 24, "vmsbr", "vmst"), ("10.90.0.0/25", 24, "vmsbr", "vmst"),
            ("10.90.0.0/16", 30, "vmsbr", "vmst"), ("10.90.0.0/16", 19, "vmsbr", "vmst"),
            ("10.90.0.0/16", 24, "averylongbridge", "vmst"),
            ("10.90.0.0/16", 24, "vmsbr", "longtaps"), ("10.90.0.0/16", 24, "vmsbr", "vms"),
            ("10.90.0.0/16", 24, "vms br", "vmst"), ("ten/16", 24, "vmsbr", "vmst"),
        ]
    )
    func refusesPlan(pool: String, length: Int, bridge: String, tap: String) {
        #expect(throws: NetStoreError.self) {
            try AddressPlan(pool: pool, subnetLength: length, bridgePrefix: bridge, tapPrefix: tap, shareRoot: "/srv/s")
        }
    }
}
