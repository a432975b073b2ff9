import FoundationEssentials
import Hypervisor
import Libvirt
import MachineBook
import NetStore
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("making book and host agree", .timeLimit(.minutes(2)))
struct ReconciliationTests {
    @Test("a domain that ends behind our back stops its machine, one that vanishes loses it; both are collected")
    func endedDomain() async throws {
        try await PlantFixture.with { plant in
            let hypervisor = plant.plant.parts.host.hypervisor
            let ids = [MachineID.new(), MachineID.new()]
            for id in ids {
                _ = try await plant.client.create(id, RequestText.document(), options: .init())
                #expect(try await plant.client.settled(id).state == .ready)
            }
            for id in ids { try await hypervisor.destroy(id.resourceName) }
            for id in ids {
                try await Eventually.holds("stopped") { try await plant.client.machine(id).state == .stopped }
                #expect(try await plant.client.machine(id).error?.code == .machineLost)
            }
            try await hypervisor.undefine(ids[1].resourceName)
            try await hypervisor.start(ids[0].resourceName)
            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            #expect(try await plant.client.machine(ids[0]).state == .ready)
            #expect(try await plant.client.machine(ids[0]).error == nil)
            #expect(try await plant.client.machine(ids[1]).state == .lost)
            await expect(code: .machineBusy) { try await plant.client.configure(ids[1], RequestText.document()) }
            for id in ids { #expect(try await plant.client.collect(id).state == .collected) }
            try await plant.expectNothingLeft()
        }
    }

    @Test("a domain that ends during a configuration ends that too, and keeps no pass from going well")
    func endedDuringConfiguration() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            _ = try await plant.client.settled(id)
            let slow = RequestText.action("slow", "sleep 1000", timeout: "1000s")
            _ = try await plant.client.configure(id, RequestText.document([slow]))
            try await plant.plant.parts.host.hypervisor.destroy(id.resourceName)
            let stopped = try await plant.client.settled(id)
            #expect(stopped.state == .stopped && stopped.error?.code == .machineLost)
            for _ in 0..<2 { #expect(await Reconciler(plant: plant.plant).run().isEmpty) }
            #expect(try await plant.client.machine(id).state == .stopped)
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }

    @Test("what bears our mark and is in no book goes; what does not stays")
    func orphans() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let host = plant.plant.parts.host
            let (lost, state) = (MachineID.new(), plant.directory("state"))
            let connection = try #require(host.hypervisor as? LibvirtHypervisor).connection
            for (name, owner) in [(lost.resourceName, "p1"), ("neighbours", "p2")] {
                let hypervisor = try LibvirtHypervisor(connection: connection, plant: owner)
                let spec = DomainSpec(
                    name: name,
                    machineID: lost.text,
                    memory: 64 << 20,
                    cpus: 1,
                    consoleLog: "/tmp/none"
                )
                try await hypervisor.define(spec)
                try await hypervisor.start(name)
            }
            try await connection.defineDomain(
                "<domain type='test'><name>foreign</name><memory>65536</memory><os><type>hvm</type></os></domain>"
            )
            for directory in ["machines", "shares"] {
                for name in [lost.resourceName, "vms-not-a-machine", "backup"] {
                    let path = "\(state)/\(directory)/\(name)"
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                    try plant.directory.write("x", to: "state/\(directory)/\(name)/file")
                }
            }
            try await connection.defineNetwork(network("vmshop-net9", plant: "p1"))
            try await connection.defineNetwork(network("theirs", plant: "p2"))

            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            #expect(try await host.hypervisor.marked().map(\.name) == ["neighbours"])
            #expect(try await connection.domain(named: "foreign") != nil)
            for directory in ["machines", "shares"] {
                #expect(plant.directory.list("state/" + directory) == ["backup", "vms-not-a-machine"])
            }
            #expect(Set(try await connection.networks().map(\.name)) == ["theirs"])
            #expect(plant.log.lines.filter { $0.contains("orphan removed") }.count == 4)
        }
    }

    @Test("one machine that cannot be given back holds up neither the others nor the plant, and is tried again")
    func stubbornMachine() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let (stuck, other) = (MachineID.new(), MachineID.new())
            for id in [stuck, other] { _ = try await plant.client.create(id, RequestText.document(), options: .init()) }
            try await Eventually.holds("both run") {
                try await plant.plant.parts.host.hypervisor.marked().filter { $0.state == .running }.count == 2
            }
            // The domain's name belongs to somebody else now, so that it must not be touched.
            let connection = try #require(plant.plant.parts.host.hypervisor as? LibvirtHypervisor).connection
            try await replaceOwner(of: stuck, by: "p2", connection)
            let error = await expect(code: .hostFailed) { try await plant.client.collect(stuck) }
            #expect(error?.message.contains("domain") == true)
            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            #expect(try await plant.client.collect(other).state == .collected)
            #expect(try await plant.client.status().isReady)
            #expect(try await plant.client.machine(stuck).state == .collecting)
            try await replaceOwner(of: stuck, by: "p1", connection)
            try await Eventually.holds("collected by itself") {
                try await plant.client.machine(stuck).state == .collected
            }
            try await plant.expectNothingLeft()
        }
    }

    private func replaceOwner(of id: MachineID, by plant: String, _ connection: VirtConnection) async throws {
        try? await connection.destroyDomain(id.resourceName)
        try await connection.undefineDomain(id.resourceName)
        let hypervisor = try LibvirtHypervisor(connection: connection, plant: plant)
        let spec = DomainSpec(
            name: id.resourceName,
            machineID: id.text,
            memory: 64 << 20,
            cpus: 1,
            consoleLog: "/tmp/none"
        )
        try await hypervisor.define(spec)
        try await hypervisor.start(id.resourceName)
    }

    private func network(_ name: String, plant: String) -> String {
        """
        <network><name>\(name)</name><metadata><n:network xmlns:n='urn:vmshop:network:1' plant='\(plant)'/></metadata>
        <bridge name='\(name)'/></network>
        """
    }
}
