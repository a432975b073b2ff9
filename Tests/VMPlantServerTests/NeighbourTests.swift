import FoundationEssentials
import Glibc
import Hypervisor
import Libvirt
import MachineBook
import NetStore
import ServerSettings
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

/// What others have, or do, on the plant's host.
@Suite("a plant and its neighbours", .timeLimit(.minutes(2)))
struct NeighbourTests {
    @Test("beside another plant's domains a plant touches nothing, says why, and goes on when they are gone")
    func otherPlant() async throws {
        let dead = ["nfs.server=ganesha", "nfs.bus=unix:path=/nonexistent/bus"]
        try await PlantFixture.still(dead) { plant, directory in
            let connection = try #require(plant.parts.host.hypervisor as? LibvirtHypervisor).connection
            let other = try LibvirtHypervisor(connection: connection, plant: "p2")
            for (name, hypervisor) in [("theirs", other), ("vms-orphan", plant.parts.host.hypervisor)] {
                try await hypervisor.define(.any(name))
            }
            // Of Ganesha the settings speak, and it cannot be asked.
            let alone = plant.on(plant.parts.host.hypervisor, exporter: NoExporter())
            let problems = await Reconciler(plant: alone).run()
            #expect(problems.count == 1 && problems[0].contains("`p2`"), "\(problems)")
            #expect(try await other.marked().map(\.name) == ["theirs", "vms-orphan"])
            try await other.undefine("theirs")
            #expect(await Reconciler(plant: alone).run().isEmpty)
            #expect(try await other.marked().isEmpty)
        }
    }

    @Test("one plant has a host, and one process a state directory; the second says who has it")
    func locks() async throws {
        try await TemporaryDirectory.with { directory in
            let lock = directory("run/vmplant.lock")
            func settings(_ name: String, _ flags: [String]) async throws -> PlantSettings {
                let state = "state.directory=" + directory(name)
                try FileManager.default.createDirectory(atPath: directory(name), withIntermediateDirectories: true)
                return try await PlantFixture.settings(directory, [state] + flags)
            }
            let real = ["hypervisor.uri=qemu:///system", "network.filter=true"]
            let (one, two) = (try await settings("one", real), try await settings("two", real))
            let held = try await PlantLocks(one, hostLock: lock).take()
            #expect(held.count == 2)
            let refusal = await #expect(throws: SettingsError.self) {
                try await PlantLocks(two, hostLock: lock).take()
            }
            #expect(refusal?.message.contains("process \(getpid())") == true)
            let same = await #expect(throws: SettingsError.self) { try await PlantLocks(one, hostLock: lock).take() }
            #expect(same?.message.contains("state.directory") == true)
            // Without filter and Ganesha they have nothing in common.
            let modest = try await settings("three", ["hypervisor.uri=qemu:///system"])
            #expect(try await PlantLocks(modest, hostLock: lock).take().count == 1)
            withExtendedLifetime(held) {}
        }
    }

    @Test("a second process on the same port changes nothing of what the book says")
    func samePort() async throws {
        try await PlantFixture.with(.init(guests: false)) { first in
            let port = try #require(first.url.split(separator: ":").last)
            try await TemporaryDirectory.with { directory in
                try await PlantFixture.prepare(directory)
                let settings = try await PlantFixture.settings(directory, ["http.port=\(port)"])
                let second = try await PlantService.open(settings, logger: LogRecorder().logger())
                let machine = Machine(
                    id: .new(),
                    name: "m",
                    state: .creating,
                    domain: "d",
                    requestDigest: "",
                    created: .now
                )
                let record = PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 1))
                _ = try await second.plant.parts.machines.insert(record)
                await #expect(throws: (any Error).self) { try await second.run() }
                #expect(try await second.plant.parts.machines.record(record.id) == record)
            }
        }
    }

    @Test("a network's name that somebody else has is passed over")
    func foreignName() async throws {
        try await PlantFixture.with { plant in
            let connection = try #require(plant.plant.parts.host.hypervisor as? LibvirtHypervisor).connection
            try await connection.defineNetwork("<network><name>vmshop-net0</name><bridge name='foreign0'/></network>")
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            let ready = try await plant.client.settled(id)
            #expect(ready.state == .ready, "\(String(describing: ready.error))")
            #expect(try await plant.plant.parts.host.lease(of: id).network == "vmshop-net1")
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }

    @Test("a network that cannot be restored concerns its own client domain only, and its machines can be collected")
    func brokenNetwork() async throws {
        try await PlantFixture.with { plant in
            let connection = try #require(plant.plant.parts.host.hypervisor as? LibvirtHypervisor).connection
            let (first, other) = (MachineID.new(), MachineID.new())
            let (here, there) = (RequestText.document(), RequestText.document(domain: "other.example.org"))
            _ = try await plant.client.create(first, here, options: .init())
            #expect(try await plant.client.settled(first).state == .ready)
            let name = try await plant.plant.parts.host.lease(of: first).network
            try await connection.destroyNetwork(name)
            try await connection.undefineNetwork(name)
            try await connection.defineNetwork("<network><name>\(name)</name><bridge name='foreign0'/></network>")

            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            let refusals = try await plant.client.estimate(here, policy: nil).refusals
            #expect(refusals.first?.reasons.contains { $0.contains(name) } == true, "\(refusals)")
            await expect(code: .refused) { try await plant.client.create(.new(), here, options: .init()) }
            _ = try await plant.client.create(other, there, options: .init())
            #expect(try await plant.client.settled(other).state == .ready)
            for id in [first, other] { #expect(try await plant.client.collect(id).state == .collected) }
            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            #expect(try await connection.network(named: name) != nil)
            #expect(try await plant.client.estimate(here, policy: nil).refusals.isEmpty)
            try await plant.expectNothingLeft()
        }
    }

    @Test("an orphan that cannot be removed keeps nothing else from being removed, and keeps its disk while it may run")
    func stubbornOrphan() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let (stubborn, other) = (MachineID.new(), MachineID.new())
            for id in [stubborn, other] {
                try await plant.plant.parts.host.hypervisor.define(.any(id.resourceName))
                try await plant.plant.parts.host.disks.makeDirectory(of: id)
            }
            let double = HypervisorDouble(
                plant.plant.parts.host.hypervisor,
                .init(stubborn: [stubborn.resourceName])
            )
            let altered = plant.plant.on(double)
            #expect(await Reconciler(plant: altered).run().isEmpty)
            #expect(await altered.readiness.isAnotherPassNeeded)
            #expect(plant.directory.list("state/machines") == [stubborn.resourceName])
            #expect(await Reconciler(plant: plant.plant).run().isEmpty)
            try await plant.expectNothingLeft()
        }
    }
}

extension DomainSpec {
    /// A domain that nothing is said of but its name.
    fileprivate static func any(_ name: String) -> DomainSpec {
        DomainSpec(name: name, machineID: name, memory: 64 << 20, cpus: 1, consoleLog: "/tmp/none")
    }
}
