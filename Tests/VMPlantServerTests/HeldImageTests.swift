import Foundation
import MachineBook
import NetStore
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

    @Test("may be removed until they are noted; then the machine is planned anew, or refused if there is no other plan")
    func removedMeanwhile() async throws {
        try await PlantFixture.with { fixture in
            try await PlantFixture.publish(image: "other", in: fixture.directory)
            // Of the two the one named first is chosen; then the request names the one that is left.
            for (image, taken) in [(nil, "small"), ("small", nil)] as [(String?, String?)] {
                let chosen = try await fixture.client.estimate(RequestText.document(image: image), policy: nil)
                let gone = try #require(chosen.bids.first?.plan.image)
                let exporter = RemovingExporter(warehouse: try Self.warehouse(fixture), image: gone)
                let plant = fixture.plant.on(fixture.plant.parts.host.hypervisor, exporter: exporter)
                await plant.readiness.set([])
                let id = MachineID.new()
                _ = try await plant.create(id, RequestText.document(image: image), options: .init())
                let machine = try await fixture.client.settled(id)
                #expect(machine.state == (taken == nil ? .failed : .ready), "\(String(describing: machine.error))")
                let events = try await fixture.client.events(of: id, after: 0, wait: .zero).events.map(\.message)
                if let taken {
                    #expect(machine.image == taken)
                    #expect(events.contains("image \(gone) is gone; the creation begins again"))
                } else {
                    #expect(machine.error?.message.contains("image \(gone) is gone") == true, "\(machine)")
                }
                _ = try await fixture.client.collect(id)
                try await fixture.expectNothingLeft()
            }
        }
    }
}

/// Takes an image away while a share is exported, which is before the disk is cloned.
private struct RemovingExporter: ShareExporter {
    let warehouse: Warehouse
    let image: String

    func add(_ export: ShareExport) async throws(NetStoreError) { try? await warehouse.remove(image) }
    func remove(_ export: ShareExport) async throws(NetStoreError) {}
    func list() async throws(NetStoreError) -> [ListedExport] { [] }
    func mountPath(of export: ShareExport) -> String { export.path }
}
