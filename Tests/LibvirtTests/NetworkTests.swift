import Libvirt
import Testing

@Suite("networks of the test driver")
struct NetworkTests {
    @Test("a network goes through its life")
    func life() async throws {
        let world = try await TestWorld()
        let connection = world.connection
        try await connection.defineNetwork(TestWorld.network("n1", bridge: "vmsbr7"))
        var network = try #require(try await connection.network(named: "n1"))
        #expect(network.bridge == "vmsbr7")
        #expect(!network.isActive && network.isPersistent)
        try await connection.createNetwork("n1")
        network = try #require(try await connection.network(named: "n1"))
        #expect(network.isActive)
        #expect(try await connection.networks() == [network])
        #expect(try await connection.networkXML("n1").contains("urn:vmshop:network:1"))
        try await connection.destroyNetwork("n1")
        try await connection.undefineNetwork("n1")
        #expect(try await connection.network(named: "n1") == nil)
    }

    @Test("static leases are added and removed", arguments: [true, false])
    func leases(active: Bool) async throws {
        let world = try await TestWorld()
        let connection = world.connection
        let host = "<host mac='52:54:00:00:00:02' ip='192.168.7.3'/>"
        try await connection.defineNetwork(TestWorld.network("n1", bridge: "vmsbr7"))
        if active { try await connection.createNetwork("n1") }
        try await connection.updateNetworkHost(.add, host: host, of: "n1")
        #expect(try await connection.networkXML("n1").contains("52:54:00:00:00:02"))
        await #expect(throws: VirtError.self) {
            try await connection.updateNetworkHost(.add, host: host, of: "n1")
        }
        try await connection.updateNetworkHost(.delete, host: host, of: "n1")
        #expect(try await !connection.networkXML("n1").contains("52:54:00:00:00:02"))
        #expect(try await connection.networkXML("n1").contains("52:54:00:00:00:01"))
    }

    @Test("what is done to an absent network is refused with its own code")
    func absent() async throws {
        let world = try await TestWorld()
        let error = try await #require(throws: VirtError.self) { try await world.connection.createNetwork("none") }
        #expect(error.code == .noNetwork)
    }
}
