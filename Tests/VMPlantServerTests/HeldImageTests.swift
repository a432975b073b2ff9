import Foundation
import MachineBook
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("the images that machines stand on", .timeLimit(.minutes(2)))
struct HeldImageTests {
    /// Another's view of the plant's warehouse.
    private static func warehouse(_ plant: PlantFixture) throws -> Warehouse {
        try Warehouse(directory: plant.directory("warehouse"))
    }

    private static func ready(_ plant: PlantFixture) async throws -> MachineID {
        let id = MachineID.new()
        _ = try await plant.client.create(id, RequestText.document(), options: .init())
        #expect(try await plant.client.settled(id).state == .ready)
        return id
    }

    private static func holders(_ plant: PlantFixture) async throws -> [ImageHolder] {
        try await warehouse(plant).versions().flatMap(\.holders)
    }

    @Test("are noted in the warehouse for all who share it, and are free when the machines are collected")
    func noted() async throws {
        try await PlantFixture.with { plant in
            let id = try await Self.ready(plant)
            let name = plant.plant.settings.name
            #expect(try await Self.holders(plant) == [ImageHolder(machine: id.resourceName, plant: name)])
            await #expect(throws: WarehouseError.self) { try await Self.warehouse(plant).remove("small") }
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
            try await Self.warehouse(plant).remove("small")
        }
    }

    @Test("are noted again when the note was lost, as for machines that an earlier version made")
    func notedAgain() async throws {
        try await PlantFixture.with { plant in
            let id = try await Self.ready(plant)
            let noted = try await Self.holders(plant)
            let directory = plant.directory("state/machines/" + id.resourceName)
            let link = directory + "/" + id.resourceName + ".image"
            let mark = try FileManager.default.destinationOfSymbolicLink(atPath: link)
            for lost in [[mark], [link], [link, mark]] {
                for path in lost { try FileManager.default.removeItem(atPath: path) }
                #expect(await Reconciler(plant: plant.plant).run().isEmpty)
                #expect(try await Self.holders(plant) == noted)
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == mark)
            }
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }

    @Test("are free when a directory is removed that is in no book")
    func orphan() async throws {
        try await PlantFixture.with { plant in
            let (parts, id) = (plant.plant.parts, MachineID.new())
            let image = try await parts.host.disks.warehouse.image(named: "small")
            try await parts.host.disks.makeDirectory(of: id)
            try await parts.host.disks.hold(image, for: id)
            #expect(try await Self.holders(plant).count == 1)
            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            try await plant.expectNothingLeft()
        }
    }

    @Test("hold up no collection when the warehouse is another one by now")
    func otherWarehouse() async throws {
        try await PlantFixture.with { plant in
            let id = try await Self.ready(plant)
            let link = plant.directory("state/machines/\(id.resourceName)/\(id.resourceName).image")
            let mark = try FileManager.default.destinationOfSymbolicLink(atPath: link)
            try FileManager.default.removeItem(atPath: link)
            try FileManager.default.removeItem(atPath: mark)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/elsewhere/machines/x")
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }
}
