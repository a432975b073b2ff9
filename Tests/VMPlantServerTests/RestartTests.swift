import Libvirt
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

/// Restarts within this process: `test:///default` is a world that outlives a plant as long as anybody is connected.
@Suite("a plant that is started again", .timeLimit(.minutes(2)), .serialized)
struct RestartTests {
    private let world = ["hypervisor.uri=test:///default", "name=restarted", "network.pool=10.91.0.0/16"]

    @Test("adopts its machines: they are ready, can be configured and collected")
    func adopts() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            let count = RequestText.action(
                "count",
                "echo run >> \"$RUNS\"",
                RequestText.parameter("RUNS", directory("runs"))
            )
            let before = try await PlantFixture.run(in: directory, .init(world)) { plant in
                _ = try await plant.client.create(id, RequestText.document([count]), options: .init())
                return try await plant.client.settled(id)
            }
            try await PlantFixture.run(in: directory, .init(world)) { plant in
                #expect(try await plant.client.machine(id) == before)
                #expect(try await plant.client.create(id, RequestText.document([count]), options: .init()) == before)
                _ = try await plant.client.configure(
                    id,
                    RequestText.document([count, RequestText.action("more", ": more")])
                )
                #expect(try await plant.client.settled(id).actions.map(\.status) == [.done, .done])
                #expect(directory.read("runs") == "run\n")
                #expect(try await plant.client.collect(id).state == .collected)
                try await plant.expectNothingLeft()
            }
        }
    }

    @Test("goes on with a configuration, and does not give a job twice")
    func resumesConfiguration() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            let parameter = RequestText.parameter("DIRECTORY", directory.path)
            let script = """
                echo begun >> "$DIRECTORY/runs"; until [ -e "$DIRECTORY/go" ]; do sleep 0.05; done
                """
            let document = RequestText.document([RequestText.action("wait", script, parameter)])
            // The guest outlives the plant, as guests do.
            let guests = GuestProcesses(shares: directory("state/shares"))
            async let serving: Void = guests.serve()
            try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                _ = try await plant.client.create(id, RequestText.document(), options: .init())
                #expect(try await plant.client.settled(id).state == .ready)
                _ = try await plant.client.configure(id, document)
                try await Eventually.holds("the action runs") { directory.read("runs") != nil }
            }
            try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                #expect(try await plant.client.machine(id).state == .configuring)
                try directory.write("", to: "go")
                let ready = try await plant.client.settled(id)
                #expect(ready.state == .ready && ready.actions.map(\.status) == [.done])
                #expect(directory.read("runs") == "begun\n")
                _ = try await plant.client.collect(id)
                try await plant.expectNothingLeft()
            }
            await guests.end()
            await serving
        }
    }

    @Test("carries out a creation that was accepted before")
    func resumesCreation() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                _ = try await plant.client.create(id, RequestText.document(), options: .init())
                try await Eventually.holds("the domain runs") {
                    try await plant.client.events(of: id, after: 0, wait: .zero).events.count >= 8
                }
            }
            #expect(try !PlantCensus(directory).isEmpty)
            try await PlantFixture.run(in: directory, .init(world)) { plant in
                let ready = try await plant.client.settled(id)
                #expect(ready.state == .ready, "\(String(describing: ready.error))")
                #expect(try await plant.plant.parts.machines.record(id)?.extra.attempt == 2)
                _ = try await plant.client.collect(id)
                try await plant.expectNothingLeft()
            }
        }
    }

    @Test("gives a creation up that was begun too often, and undoes it")
    func givesUp() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            for attempt in 1...Plant.mostAttempts {
                try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                    if attempt == 1 { _ = try await plant.client.create(id, RequestText.document(), options: .init()) }
                    try await Eventually.holds("attempt \(attempt)") {
                        let events = try await plant.client.events(of: id, after: 0, wait: .zero).events
                        return events.filter { $0.message.hasPrefix("domain started") }.count == attempt
                    }
                }
            }
            try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                let failed = try await plant.client.settled(id)
                #expect(failed.state == .failed && failed.error?.message.contains("3 times") == true)
                try await plant.expectNothingLeft()
            }
        }
    }

    @Test("a configuration that was begun too often ends; the machine is ready, with the reason")
    func givesConfigurationUp() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            let wait = RequestText.document([RequestText.action("wait", "sleep 1000", timeout: "1000s")])
            let guests = GuestProcesses(shares: directory("state/shares"))
            async let serving: Void = guests.serve()
            for attempt in 1...Plant.mostAttempts {
                try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                    if attempt == 1 {
                        _ = try await plant.client.create(id, RequestText.document(), options: .init())
                        #expect(try await plant.client.settled(id).state == .ready)
                        _ = try await plant.client.configure(id, wait)
                    }
                    try await Eventually.holds("attempt \(attempt)") {
                        try await plant.plant.parts.machines.record(id)?.extra.furtherAttempt == attempt
                    }
                }
            }
            try await PlantFixture.run(in: directory, .init(world, guests: false)) { plant in
                let ready = try await plant.client.settled(id)
                #expect(ready.state == .ready && ready.error?.message.contains("3 times") == true)
                #expect(try await plant.plant.parts.machines.record(id)?.extra.furtherAttempt == nil)
                _ = try await plant.client.collect(id)
                try await plant.expectNothingLeft()
            }
            await guests.end()
            await serving
        }
    }

    @Test("carries out a creation also where its address is the only one, and would rest first")
    func lastAddress() async throws {
        try await inLastingWorld { directory in
            let id = MachineID.new()
            let line = "10.92.0.7 vmsbrlast \(directory("lent")) - 0 0 0 unused"
            try directory.write("", to: "lent/notes")
            let file = try directory.write(line, to: "ip.txt")
            let few = world + ["network.addressFile=" + file, "network.quarantine=1000"]
            try await PlantFixture.run(in: directory, .init(few, guests: false)) { plant in
                _ = try await plant.client.create(id, RequestText.document(), options: .init())
                try await Eventually.holds("the domain runs") {
                    try await plant.client.events(of: id, after: 0, wait: .zero).events.count >= 8
                }
            }
            try await PlantFixture.run(in: directory, .init(few, shares: "lent")) { plant in
                let ready = try await plant.client.settled(id)
                #expect(ready.state == .ready, "\(String(describing: ready.error))")
                #expect(ready.address == "10.92.0.7")
                _ = try await plant.client.collect(id)
                try await plant.expectNothingLeft()
            }
        }
    }

    private func inLastingWorld(_ test: (TemporaryDirectory) async throws -> Void) async throws {
        let anchor = try await VirtConnection.open(uri: "test:///default")
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            try await test(directory)
        }
        withExtendedLifetime(anchor) {}
    }
}
