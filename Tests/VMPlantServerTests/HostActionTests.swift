import DAGModel
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("actions on the host", .timeLimit(.minutes(2)))
struct HostActionTests {
    private static let sizes = ["9223372036854775807B", "70368744177665B", "65TiB", "0B", "1", ""]

    @Test("a disk of no possible size is an outcome, and no end of the plant", arguments: sizes)
    func impossibleSize(size: String) async throws {
        try await PlantFixture.still { plant, _ in
            let action = Action(id: "disk", site: .host, operation: .named("attach-disk"))
            let outcome = await HostAction(plant: plant.parts, id: .new()).perform(action, ["SIZE": size])
            #expect(!outcome.succeeded && outcome.output?.contains("SIZE") == true)
        }
    }

    @Test("such a size that an earlier action publishes fails a creation, and a configuration, and both come to an end")
    func publishedSize() async throws {
        let big = RequestText.action(
            "big",
            "echo bytes=9223372036854775807B >> \"$VMSHOP_ATTRIBUTES\"",
            #"<output name="bytes"/>"#
        )
        let disk =
            #"<action id="disk" run="host" operation="attach-disk"><parameter name="SIZE" from="big.bytes"/></action>"#
        try await PlantFixture.with { plant in
            let (failing, id) = (MachineID.new(), MachineID.new())
            _ = try await plant.client.create(failing, RequestText.document([big, disk]), options: .init())
            let failed = try await plant.client.settled(failing)
            #expect(failed.state == .failed && failed.error?.action?.id == "disk")
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            #expect(try await plant.client.settled(id).state == .ready)
            _ = try await plant.client.configure(id, RequestText.document([big, disk]))
            let ready = try await plant.client.settled(id)
            #expect(ready.state == .ready && ready.error?.action?.id == "disk")
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }

    @Test("an action on the host ends by its time limit, and says so")
    func timeout() async throws {
        try await PlantFixture.still { plant, _ in
            let double = HypervisorDouble(plant.parts.host.hypervisor, .init(hangs: true))
            let id = MachineID.new()
            let machine = Machine(id: id, name: "m", state: .creating, domain: "d", requestDigest: "", created: .now)
            let record = PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 1))
            _ = try await plant.parts.machines.insert(record)
            try await plant.parts.host.disks.makeDirectory(of: id)
            let action = Action(
                id: "disk",
                site: .host,
                operation: .named("attach-disk"),
                timeout: .milliseconds(100)
            )
            let outcome = await HostAction(plant: plant.on(double).parts, id: id).perform(action, ["SIZE": "1MiB"])
            #expect(!outcome.succeeded && outcome.timedOut)
            // What it was about to make is known, so that it is given back.
            #expect(try await plant.parts.journal.entriesToUndo(of: id).map(\.state) == [.intent])
        }
    }
}
