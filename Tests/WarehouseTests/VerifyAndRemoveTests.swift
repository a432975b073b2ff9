import FoundationEssentials
import Synchronization
import Testing

@testable import Warehouse

@Suite("An image in the warehouse")
struct VerifyAndRemoveTests {
    let fixture: WarehouseFixture

    init() throws {
        self.fixture = try WarehouseFixture()
    }

    @Test("is found to differ in the very file that does", arguments: WarehouseFixture.roles)
    func difference(role: ImageFileRole) async throws {
        try await self.fixture.warehouse.publish(try self.fixture.draft("a", boot: true))
        #expect(try await self.fixture.warehouse.verify("a").isIntact)
        let path = try await self.fixture.file(role, of: "a")
        try WarehouseFixture.damage(path)
        let result = try await self.fixture.warehouse.verify("a")
        #expect(result.files.filter { $0.difference != nil }.map(\.role) == [role])

        try FileManager.default.removeItem(atPath: path)
        let without = try await self.fixture.warehouse.verify("a")
        #expect(without.files.filter { $0.difference != nil }.map(\.role) == [role])
        await expectError(.damaged) { _ = try await self.fixture.warehouse.image(named: "a") }
    }

    @Test("is gone when it was removed, and its name is free again")
    func removal() async throws {
        try await self.fixture.warehouse.publish(try self.fixture.draft("a"))
        try await self.fixture.warehouse.remove("a")
        #expect(try self.fixture.images().isEmpty)
        await expectError(.notFound) { _ = try await self.fixture.warehouse.image(named: "a") }
        await expectError(.notFound) { try await self.fixture.warehouse.remove("a") }
        await expectError(.notFound) { _ = try await self.fixture.warehouse.verify("a") }
        try await self.fixture.warehouse.publish(try self.fixture.draft("a"))
    }

    @Test("is not removed when a machine begins to stand on it while it is being asked who does")
    func lateUse() async throws {
        let asked = Atomic<Int>(0)
        let used = try WarehouseFixture { _ in asked.add(1, ordering: .relaxed).oldValue == 0 ? [] : ["vm1"] }
        try await used.warehouse.publish(try used.draft("a"))
        let disk = try await used.file(.disk, of: "a")
        await expectError(.inUse) { try await used.warehouse.remove("a") }
        #expect(asked.load(ordering: .relaxed) == 2)
        #expect(try await used.file(.disk, of: "a") == disk)
        #expect(try await used.warehouse.verify("a").isIntact)
    }

    @Test("is not removed when nobody can say who stands on it")
    func unknownUse() async throws {
        struct Silence: Error {}
        let used = try WarehouseFixture { _ in throw Silence() }
        try await used.warehouse.publish(try used.draft("a"))
        await expectError(.inUse) { try await used.warehouse.remove("a") }
        #expect(try await used.warehouse.verify("a").isIntact)
    }

    @Test("can be removed when it is damaged")
    func removalOfDamage() async throws {
        try self.fixture.folder.write("{", to: "warehouse/images/a/manifest.json")
        try await self.fixture.warehouse.remove("a")
        #expect(try self.fixture.images().isEmpty)
    }

    @Test("is not removed by a name that is a path", arguments: ["../x", "..", "", "/etc", ".locks"])
    func paths(name: String) async {
        await expectError(.invalidName) { try await self.fixture.warehouse.remove(name) }
    }
}
