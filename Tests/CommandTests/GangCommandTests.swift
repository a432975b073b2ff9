import ShopAPI
import Testing
import VMShopTesting

@Suite("vmshop gang", .serialized)
struct GangCommandTests {
    private static let document = String(decoding: Documents.machine("node", user: "alice"), as: UTF8.self)

    private struct Whole: Decodable {
        var gang: Gang
        var machines: [Machine]
    }

    @Test("create makes all machines, list and show tell of them, and collect leaves nothing")
    func life() async throws {
        try await Office.run { office in
            let id = MachineID.new().text
            let run = try await office.vmshop("gang", "create", "-n", "3", "-", "--id", id, input: Self.document)
            #expect(run.exitCode == 0)
            #expect(run.errors.contains("gang \(id)") && run.errors.contains("ready"))
            #expect(run.output.contains("node") && run.output.contains("plant-"))
            let again = try await office.vmshop(
                "gang",
                "create",
                "-n",
                "3",
                "-",
                "--id",
                id,
                "-q",
                "-o",
                "json",
                input: Self.document
            )
            #expect(again.errors.isEmpty)
            let whole = try WireCoding.decode(Whole.self, from: again.output.utf8)
            #expect(whole.gang.state == .ready && whole.machines.map(\.id) == whole.gang.machines)
            #expect(try await office.vmshop("gang").output.contains("alice"))
            #expect(try await office.vmshop("list").output.split(separator: "\n").count == 4)
            #expect(try await office.vmshop("gang", "show", id).output.contains("ready"))
            let collected = try await office.vmshop("gang", "collect", id)
            #expect(collected.exitCode == 0 && collected.output.contains("collected"))
            #expect(try await office.vmshop("list").output.contains("no machines"))
            #expect(try await office.vmshop("gang", "list").output.contains("no gangs"))
            #expect(try await office.vmshop("gang", "list", "--all").output.contains(id))
        }
    }

    @Test("one that has not enough places says why, and the exit code tells")
    func full() async throws {
        try await Office.run(1) { office in
            await office.plants[0].script(.reserve, .act, .fail(ServiceError(.refused, "it is full")))
            let run = try await office.vmshop("gang", "create", "-n", "2", "-", input: Self.document)
            #expect(run.exitCode == 75)
            #expect(run.output.contains("it is full"))
            #expect(try await office.vmshop("list", "--all").output.contains("no machines"))
        }
    }

    @Test(
        "wrong words are refused",
        arguments: [
            ["create", "-"], ["create", "-n", "0", "-"], ["create", "-n", "x", "-"], ["show", "web"], ["collect"],
        ]
    )
    func wrong(words: [String]) async throws {
        let run = try await Tool.vmshop.run(["gang"] + words, input: Self.document, environment: [:])
        #expect(run.exitCode == 64)
    }

    @Test("a gang that nobody knows is 66, and a plant places none")
    func unknown() async throws {
        try await Office.run(1) { office in
            let run = try await office.vmshop("gang", "show", MachineID.new().text)
            #expect(run.exitCode == 66 && run.errors.contains("gang list"))
            let server = try await LocalServer.started(office.plants[0])
            let address = await server.address
            let plant = try await Tool.vmshop.run(
                ["gang", "list"],
                input: "",
                environment: ["VMSHOP_URL": "http://\(address)"]
            )
            await server.stop()
            #expect(plant.exitCode != 0)
        }
    }
}
