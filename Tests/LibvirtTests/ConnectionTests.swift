import Libvirt
import Testing

@Suite("connections")
struct ConnectionTests {
    @Test("test:///FILE is a world of its own for each connection")
    func fileIsPrivate() async throws {
        let one = try await TestWorld()
        let two = try await TestWorld()
        try await one.connection.defineDomain(TestWorld.domain("mine"))
        #expect(try await one.connection.domains().map(\.name) == ["mine"])
        #expect(try await two.connection.domains().isEmpty)
    }

    @Test("test:///default is one world for the process")
    func defaultIsShared() async throws {
        let one = try await VirtConnection.open(uri: "test:///default")
        let two = try await VirtConnection.open(uri: "test:///default")
        try await one.defineDomain(TestWorld.domain("shared"))
        #expect(try await two.domain(named: "shared") != nil)
        try await one.undefineDomain("shared")
    }

    @Test(
        "a hypervisor that is not there is unavailable",
        arguments: ["qemu:///system?socket=/nonexistent/libvirt-sock", "test:///nonexistent/node.xml", "nonsense:///"]
    )
    func unavailable(_ uri: String) async throws {
        let error = try await #require(throws: VirtError.self) { _ = try await VirtConnection.open(uri: uri) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains(uri))
    }

    @Test("lifecycle events arrive in order", .timeLimit(.minutes(1)))
    func events() async throws {
        let world = try await TestWorld()
        let events = try await world.connection.events()
        try await world.connection.defineDomain(TestWorld.domain("one"))
        try await world.connection.createDomain("one")
        try await world.connection.destroyDomain("one")
        var seen: [VirtDomainEvent.Kind] = []
        for await event in events {
            guard case .domain(let event) = event else { continue }
            #expect(event.name == "one")
            seen.append(event.kind)
            if event.kind == .stopped { break }
        }
        #expect(seen == [.defined, .started, .stopped])
    }

    @Test("a stream ends when its reader is cancelled", .timeLimit(.minutes(1)))
    func cancelledReader() async throws {
        let world = try await TestWorld()
        let events = try await world.connection.events()
        let reader = Task { for await _ in events {} }
        reader.cancel()
        await reader.value
    }
}
