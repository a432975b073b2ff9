import CostModel
import DAGModel
import Foundation
import MachineBook
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("images that a request asks for between its actions", .timeLimit(.minutes(2)))
struct CheckpointTests {
    private static let one = RequestText.action("one", "echo 1 >>RUNS", checkpoint: true)
    private static let two = RequestText.action("two", "echo 2 >>RUNS")

    /// The actions, each of which leaves a line in a file of this run.
    private static func actions(_ texts: [String], _ plant: PlantFixture) -> [String] {
        texts.map { text in
            text.split(separator: "RUNS", omittingEmptySubsequences: false).joined(separator: plant.directory("runs"))
        }
    }

    private static func made(_ plant: PlantFixture, _ document: [UInt8]) async throws -> Machine {
        let id = MachineID.new()
        _ = try await plant.client.create(id, document, options: .init())
        return try await plant.client.settled(id)
    }

    private static func events(_ plant: PlantFixture, _ id: MachineID) async throws -> String {
        try await plant.client.events(of: id, after: 0, wait: .zero).events.map(\.message).joined(separator: "\n")
    }

    @Test("a later request with the same beginning starts from it and runs only the rest", arguments: [nil, "small"])
    func startsFromIt(image: String?) async throws {
        try await PlantFixture.with { plant in
            let document = RequestText.document(Self.actions([Self.one, Self.two], plant), image: image)
            let first = try await Self.made(plant, document)
            #expect(first.state == .ready, "\(String(describing: first.error))")
            let name = try #require(try await Self.checkpoints(plant).first)
            let manifest = try #require(try await plant.service.plant.planner.warehouse.manifest(named: name))
            #expect(manifest.history.map(\.action) == ["one"])
            #expect(manifest.origin == .checkpoint && manifest.parent?.name == "small")
            let three = RequestText.action("three", "echo 3 >>RUNS")
            let other = RequestText.document(Self.actions([Self.one, three], plant), image: image)
            let second = try await Self.made(plant, other)
            #expect(second.image == name && second.actions.map(\.status) == [.reused, .done])
            #expect(plant.directory.read("runs") == "1\n2\n3\n")
            for machine in [first, second] { _ = try await plant.client.collect(machine.id) }
            try await plant.expectNothingLeft()
        }
    }

    @Test("two machines that come to the same point make one image, and nothing that was made already is made again")
    func once() async throws {
        try await PlantFixture.with { plant in
            // Each waits for the other one, so no checkpoint is there when either is planned.
            let both = "echo 1 >>RUNS; until [ $(grep -c 1 RUNS) -ge 2 ]; do sleep 0.05; done"
            let action = RequestText.action("one", both, checkpoint: true)
            let document = RequestText.document(Self.actions([action], plant))
            async let first = Self.made(plant, document)
            async let second = Self.made(plant, document)
            let machines = try await [first, second]
            #expect(machines.map(\.state) == [.ready, .ready])
            #expect(try await Self.checkpoints(plant).count == 1)
            for machine in machines { _ = try await plant.client.collect(machine.id) }
        }
    }

    @Test("an image that cannot be made is told, and the machine is made all the same")
    func impossible() async throws {
        try await PlantFixture.with { plant in
            let failing = RequestText.action("no", "exit 1", "<on-error><continue/></on-error>")
            let document = RequestText.document(Self.actions([failing, Self.one], plant))
            let machine = try await Self.made(plant, document)
            #expect(machine.state == .ready && machine.actions.map(\.status) == [.continued, .done])
            #expect(try await Self.checkpoints(plant).isEmpty)
            let told = try await Self.events(plant, machine.id)
            #expect(told.contains("no image is made after one: ") && told.contains("`no` failed on it"), "\(told)")
            _ = try await plant.client.collect(machine.id)
        }
    }

    @Test("a machine that is configured later gives one as well, called after the image that all began with")
    func configured() async throws {
        try await PlantFixture.with { plant in
            let machine = try await Self.made(plant, RequestText.document(Self.actions([Self.one], plant)))
            let further = RequestText.action("further", "echo f >>RUNS", checkpoint: true)
            let document = RequestText.document(Self.actions([Self.one, further], plant))
            _ = try await plant.client.configure(machine.id, document)
            #expect(try await plant.client.settled(machine.id).state == .ready)
            let names = try await Self.checkpoints(plant)
            #expect(
                names.count == 2 && names.allSatisfy { $0.hasPrefix("small.cp-") && $0.utf8.count == 21 },
                "\(names)"
            )
            // Of both, the one with more done is taken, also by who names the image.
            let next = try await Self.made(plant, document)
            #expect(next.actions.map(\.status) == [.reused, .reused])
            let last = RequestText.action("last", "echo l >>RUNS", checkpoint: true)
            let more = RequestText.document(Self.actions([Self.one, further, last], plant))
            let third = try await Self.made(plant, more)
            #expect(third.actions.map(\.status) == [.reused, .reused, .done])
            let all = try await Self.checkpoints(plant)
            #expect(all.count == 3 && all.allSatisfy { $0.utf8.count == 21 }, "\(all)")
            let fourth = try await Self.made(plant, more)
            #expect(
                fourth.actions.map(\.status) == [.reused, .reused, .reused],
                "a checkpoint of a checkpoint is found"
            )
            for id in [machine.id, next.id, third.id, fourth.id] { _ = try await plant.client.collect(id) }
        }
    }

    @Test("the ninth image of a chain of machines stands on nothing, and holds what the chain held")
    func flattens() async throws {
        try await PlantFixture.with { plant in
            var last: Machine?
            var actions: [String] = []
            for number in 1...10 {
                actions.append(RequestText.action("a\(number)", "echo \(number) >>RUNS", checkpoint: true))
                let machine = try await Self.made(plant, RequestText.document(Self.actions(actions, plant)))
                #expect(machine.state == .ready, "\(String(describing: machine.error))")
                if let last { _ = try await plant.client.collect(last.id) }
                last = machine
            }
            #expect(plant.directory.read("runs") == (1...10).map { "\($0)\n" }.joined())
            let warehouse = plant.service.plant.planner.warehouse
            let images = try await warehouse.images().compactMap(\.image).filter { $0.manifest.origin == .checkpoint }
            let chain = images.sorted { $0.manifest.history.count < $1.manifest.history.count }
            #expect(chain.map(\.manifest.history.count) == Array(1...10))
            #expect(chain.map(\.manifest.disk.layers.count) == [1, 2, 3, 4, 5, 6, 7, 8, 0, 1])
            let compare = Process()
            compare.executableURL = URL(filePath: "/usr/bin/qemu-img")
            compare.arguments = ["compare", "-q", chain[7].diskPath, chain[8].diskPath]
            try compare.run()
            compare.waitUntilExit()
            #expect(compare.terminationStatus == 0)
            let found = try await plant.client.events(of: try #require(last).id, after: 0, wait: .zero).events
            #expect(found.contains { $0.message.hasPrefix("published as image small.cp-") })
        }
    }

    @Test("a plant with room for it keeps by itself what takes long and was asked for again, and nothing else")
    func keeps() async throws {
        try await PlantFixture.with(.init(["warehouse.keep=1"])) { plant in
            let long = RequestText.action("long", "echo l >>RUNS")
            let document = RequestText.document(Self.actions([Self.two, long], plant), image: nil)
            let key = try RequestParser().parse(document).graph.actions[1].key
            let first = try await Self.made(plant, document)
            #expect(try await Self.origins(plant) == [.installer], "what was asked for once is not kept")
            // As if it had taken half a minute each time.
            for _ in 0..<3 { try await plant.service.plant.parts.durations.learn([.key(key)], seconds: 30) }
            let second = try await Self.made(plant, document)
            #expect(second.actions.map(\.status) == [.done, .done])
            #expect(try await Self.origins(plant) == [.automatic, .installer])
            let told = try await Self.events(plant, second.id)
            #expect(told.contains("kept after long: its steps take 30"), "\(told)")
            let third = try await Self.made(plant, document)
            #expect(third.actions.map(\.status) == [.reused, .reused])
            #expect(plant.directory.read("runs") == "2\nl\n2\nl\n")
            for machine in [first, second, third] { _ = try await plant.client.collect(machine.id) }
        }
    }

    @Test("what a plant keeps by itself makes room for what is worth more, unless a machine stands on it")
    func makesRoom() async throws {
        var options = PlantFixture.Options()
        // One image of a machine fits into it, not two.
        options.adjust = { $0.keep = 24 << 10 }
        try await PlantFixture.with(options) { plant in
            let (parts, warehouse) = (plant.service.plant.parts, plant.service.plant.planner.warehouse)
            func kept(_ name: String, seconds: Double) async throws -> (image: String?, machine: Machine) {
                let action = RequestText.action(name, "echo \(name) >>RUNS")
                let document = RequestText.document(Self.actions([action], plant), image: nil)
                let key = try RequestParser().parse(document).graph.actions[0].key
                for _ in 0..<3 { try await parts.durations.learn([.key(key)], seconds: seconds) }
                let machine = try await Self.made(plant, document)
                let images = try await warehouse.versions().filter { $0.manifest.origin == .automatic }
                return (images.first { $0.manifest.history.map(\.action) == [name] }?.manifest.name, machine)
            }
            let first = try await kept("first", seconds: 30)
            let image = try #require(first.image)
            #expect(try await kept("less", seconds: 2).image == nil)
            #expect(try await Self.origins(plant) == [.automatic, .installer])
            let second = try await kept("second", seconds: 60)
            #expect(second.image != nil)
            #expect(try await warehouse.manifest(named: image) == nil)
            let log = try #require(plant.directory.read("warehouse/images/.removed.log"))
            #expect(log.contains("removed \(image): plant ") && log.contains("keeps another in its place"), "\(log)")
            // A machine of the one that is kept now: it stays.
            let document = RequestText.document(
                Self.actions([RequestText.action("second", "echo second >>RUNS")], plant)
            )
            let standing = try await Self.made(plant, document)
            #expect(standing.image == second.image)
            #expect(try await kept("third", seconds: 300).image == nil)
            // Now another image stands on it, which is none of those that the plant keeps.
            _ = try await plant.client.publishImage(of: standing.id, as: "above", replace: false)
            try await Self.collectAll(plant)
            #expect(try await kept("fourth", seconds: 600).image == nil)
            #expect(try await warehouse.manifest(named: try #require(second.image)) != nil)
            try await warehouse.remove("above")
            #expect(try await kept("fifth", seconds: 600).image != nil)
            try await Self.collectAll(plant)
            try await plant.expectNothingLeft()
        }
    }

    @Test("a plant that was not told to keep anything keeps nothing, nor does any what holds a secret")
    func keepsNothing() async throws {
        for (setting, inside) in [("0", ""), ("1", RequestText.parameter("KEY", "abcdef", secret: true))] {
            try await PlantFixture.with(.init(["warehouse.keep=\(setting)"])) { plant in
                let document = RequestText.document([RequestText.action("long", "echo", inside)], image: nil)
                let key = try RequestParser().parse(document).graph.actions[0].key
                for _ in 0..<5 { try await plant.service.plant.parts.durations.learn([.key(key)], seconds: 30) }
                let machine = try await Self.made(plant, document)
                #expect(machine.state == .ready)
                #expect(try await Self.origins(plant) == [.installer])
                _ = try await plant.client.collect(machine.id)
            }
        }
    }

    private static func collectAll(_ plant: PlantFixture) async throws {
        for machine in try await plant.client.machines(matching: nil, includeGone: false) {
            _ = try await plant.client.collect(machine.id)
        }
    }

    private static func origins(_ plant: PlantFixture) async throws -> [ImageOrigin] {
        try await plant.service.plant.planner.warehouse.images().compactMap(\.image?.manifest.origin)
            .sorted { $0.rawValue < $1.rawValue }
    }

    private static func checkpoints(_ plant: PlantFixture) async throws -> [String] {
        try await plant.service.plant.planner.warehouse.images().compactMap(\.image?.manifest)
            .filter { $0.origin == .checkpoint }.map(\.name).sorted()
    }
}
