import Libvirt
import Testing

@Suite("domains of the test driver")
struct DomainTests {
    @Test("a domain goes through its life")
    func life() async throws {
        let world = try await TestWorld()
        let connection = world.connection
        try await connection.defineDomain(TestWorld.domain("one"))
        #expect(try await connection.domain(named: "one")?.state.kind == .shutoff)
        try await connection.createDomain("one")
        #expect(try await connection.domain(named: "one")?.state.kind == .running)
        #expect(try await connection.domains().map(\.name) == ["one"])
        try await connection.destroyDomain("one")
        try await connection.undefineDomain("one")
        #expect(try await connection.domain(named: "one") == nil)
    }

    @Test("a started domain cannot be started again, and says so")
    func startedTwice() async throws {
        let world = try await TestWorld()
        try await world.connection.defineDomain(TestWorld.domain("one"))
        try await world.connection.createDomain("one")
        let error = try await #require(throws: VirtError.self) { try await world.connection.createDomain("one") }
        #expect(error.message.contains("running"))
        #expect(error.operation == "virDomainCreate")
    }

    @Test("what is done to an absent domain is refused with its own code")
    func absent() async throws {
        let world = try await TestWorld()
        let error = try await #require(throws: VirtError.self) { try await world.connection.destroyDomain("none") }
        #expect(error.code == .noDomain)
        #expect(error.operation == "virDomainLookupByName")
    }

    @Test("a broken document is refused", arguments: ["", "<domain", "<domain type='test'/>", "<network/>", "\u{0}"])
    func broken(_ xml: String) async throws {
        let world = try await TestWorld()
        await #expect(throws: VirtError.self) { try await world.connection.defineDomain(xml) }
        #expect(try await world.connection.domains().isEmpty)
    }

    @Test("metadata of one namespace is listed, set and removed")
    func metadata() async throws {
        let world = try await TestWorld()
        let namespace = "urn:vmshop:test:1"
        try await world.connection.defineDomain(
            TestWorld.domain("marked", metadata: "<mark xmlns='\(namespace)' id='7'/>")
        )
        try await world.connection.defineDomain(TestWorld.domain("plain"))
        let listed = try await world.connection.domains(metadata: namespace)
        #expect(listed.map(\.name) == ["marked", "plain"])
        #expect(listed[0].metadata?.contains("id='7'") == true || listed[0].metadata?.contains("id=\"7\"") == true)
        #expect(listed[1].metadata == nil)
        try await world.connection.setMetadata(nil, prefix: "m", namespace: namespace, of: "marked")
        #expect(try await world.connection.domain(named: "marked", metadata: namespace)?.metadata == nil)
    }

    @Test("the document comes back")
    func document() async throws {
        let world = try await TestWorld()
        try await world.connection.defineDomain(TestWorld.domain("one"))
        #expect(try await world.connection.domainXML("one", inactive: true).contains("<name>one</name>"))
    }

    @Test("the host tells what it is")
    func host() async throws {
        let world = try await TestWorld()
        let host = try await world.connection.host()
        #expect(host.driver == "TEST")
        #expect(host.memory > 0 && host.cpus > 0)
        #expect(host.capabilitiesXML.contains("<capabilities>"))
    }

    @Test("a thousand calls at once all get their own answer")
    func concurrency() async throws {
        let world = try await TestWorld()
        let connection = world.connection
        for index in 0..<8 { try await connection.defineDomain(TestWorld.domain("d\(index)")) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for round in 0..<32 {
                        let name = "d\((task + round) % 9)"
                        let found = try await connection.domain(named: name)
                        #expect(found?.name == (name == "d8" ? nil : name))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
