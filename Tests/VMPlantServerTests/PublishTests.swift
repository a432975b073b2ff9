import DAGModel
import Hypervisor
import MachineBook
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("images of machines", .timeLimit(.minutes(2)))
struct PublishTests {
    @Test("a machine becomes an image with its history, which a request for the same finds")
    func history() async throws {
        try await PlantFixture.with { plant in
            let (one, two) = (RequestText.action("one", "echo one"), RequestText.action("two", "echo two"))
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document([one]), options: .init())
            #expect(try await plant.client.settled(id).state == .ready)
            _ = try await plant.client.configure(id, RequestText.document([one, two]))
            #expect(try await plant.client.settled(id).state == .ready)

            let image = try await plant.client.publishImage(of: id, as: "both", replace: false)
            #expect(image.isDone && image.actions == 2 && image.pause != nil && image.warnings.isEmpty)
            #expect(try await plant.client.publishImage(of: id, as: "both", replace: false) == image)
            let manifest = try #require(try await plant.warehouse.manifest(named: "both"))
            #expect(manifest.history.map(\.action) == ["one", "two"])
            #expect(manifest.parent?.name == "small" && manifest.origin == .machine)
            #expect(manifest.disk.layers.map(\.image.name) == ["small"])
            #expect(try await plant.service.plant.parts.host.hypervisor.state(id.resourceName) == .running)
            #expect(try await plant.service.plant.parts.machines.record(id)?.extra.publication == nil)
            _ = try await plant.client.collect(id)

            let next = MachineID.new()
            let document = RequestText.document([one, two], image: nil)
            _ = try await plant.client.create(next, document, options: .init())
            let ready = try await plant.client.settled(next)
            #expect(ready.image == "both" && ready.actions.map(\.status) == [.reused, .reused])
            _ = try await plant.client.collect(next)
        }
    }

    @Test("a machine that was given a secret, or on which something failed, becomes none; a taken name is refused")
    func refusals() async throws {
        try await PlantFixture.with { plant in
            let secret = RequestText.action("key", ":", #"<parameter name="KEY" secret="yes">abcdef</parameter>"#)
            let failing = RequestText.action("no", "exit 1", "<on-error><continue/></on-error>")
            for action in [secret, failing] {
                let id = MachineID.new()
                _ = try await plant.client.create(id, RequestText.document([action]), options: .init())
                #expect(try await plant.client.settled(id).state == .ready)
                await expect(code: .imageRefused) {
                    try await plant.client.publishImage(of: id, as: "none", replace: false)
                }
                _ = try await plant.client.collect(id)
            }
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            #expect(try await plant.client.settled(id).state == .ready)
            await expect(code: .imageTaken) { try await plant.client.publishImage(of: id, as: "small", replace: false) }
            await expect(code: .callInvalid) { try await plant.client.publishImage(of: id, as: "No", replace: false) }
            _ = try await plant.client.collect(id)
            #expect(try await plant.warehouse.manifest(named: "none") == nil)
        }
    }
}

extension PlantFixture {
    fileprivate var warehouse: Warehouse { service.plant.planner.warehouse }
}
