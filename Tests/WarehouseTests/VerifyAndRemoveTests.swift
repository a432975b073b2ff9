import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("An image in the warehouse")
struct VerifyAndRemoveTests {
    let fixture: WarehouseFixture

    init() throws {
        self.fixture = try WarehouseFixture()
    }

    @Test("is found to differ in the very file that does", arguments: ImageFileRole.allCases)
    func difference(role: ImageFileRole) async throws {
        try await self.fixture.warehouse.publish(try self.fixture.draft("a", boot: true))
        #expect(try await self.fixture.warehouse.verify("a").isIntact)
        let name = "warehouse/images/a/" + (role == .disk ? "disk.raw" : role.rawValue)
        var bytes = try self.fixture.folder.read(name)
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.removeItem(atPath: self.fixture.folder(name))
        try self.fixture.folder.write(bytes, to: name)
        let result = try await self.fixture.warehouse.verify("a")
        #expect(result.files.filter { $0.difference != nil }.map(\.role) == [role])

        try FileManager.default.removeItem(atPath: self.fixture.folder(name))
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
