import ClassAds
import Hypervisor
import Libvirt
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("machines that stand still", .timeLimit(.minutes(2)))
struct PauseTests {
    private let isPaused = #"Paused != """#

    @Test("one that the hypervisor paused because the host was full goes on once there is room; till then it is shown")
    func fullDisk() async throws {
        try await withMachine { fixture, id in
            let double = HypervisorDouble(fixture.plant.parts.host.hypervisor, .init(stalled: [id.resourceName]))
            let plant = fixture.plant.on(double)
            // Without room it is left as it is.
            await Reconciler(plant: plant).resumeStalled(try await HostCensus(plant.parts), room: .max)
            #expect(try await double.state(id.resourceName) == .stalled)
            #expect(await plant.readiness.isAnotherPassNeeded)

            #expect(await Reconciler(plant: plant).run().isEmpty)
            #expect(try await double.state(id.resourceName) == .running)
            let shown = try await fixture.client.machines(matching: Query(parsing: isPaused), includeGone: false)
            #expect(shown.map(\.id) == [id] && shown.first?.state == .ready)
            #expect(await plant.readiness.isAnotherPassNeeded)

            #expect(await Reconciler(plant: plant).run().isEmpty)
            #expect(try await fixture.client.machine(id).attributes["Paused"] == nil)
            let events = try await fixture.client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            #expect(events.suffix(2) == ["stands still: its plant could not write its disk", "goes on"])
        }
    }

    @Test("one that somebody paused is shown and left alone")
    func byHand() async throws {
        try await withMachine { fixture, id in
            let hypervisor = try #require(fixture.plant.parts.host.hypervisor as? LibvirtHypervisor)
            try await hypervisor.connection.suspendDomain(id.resourceName)
            #expect(await Reconciler(plant: fixture.plant).run().isEmpty)
            #expect(try await hypervisor.state(id.resourceName) == .paused)
            let paused = try await fixture.client.machine(id)
            #expect(paused.state == .ready && paused.attributes["Paused"] == .string("it was paused on its plant"))
            try await hypervisor.resume(id.resourceName)
            #expect(await Reconciler(plant: fixture.plant).run().isEmpty)
            #expect(try await fixture.client.machine(id).attributes["Paused"] == nil)
        }
    }

    private func withMachine(_ test: @Sendable (PlantFixture, MachineID) async throws -> Void) async throws {
        try await PlantFixture.with { fixture in
            let id = MachineID.new()
            _ = try await fixture.client.create(id, RequestText.document(), options: .init())
            #expect(try await fixture.client.settled(id).state == .ready)
            try await test(fixture, id)
            _ = try await fixture.client.collect(id)
            try await fixture.expectNothingLeft()
        }
    }
}
