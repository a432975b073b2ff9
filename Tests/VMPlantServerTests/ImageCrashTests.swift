import MachineBook
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

/// The built plant is killed while an image comes from another plant, or is made between two actions, and started again: the
/// machine is made all the same, the image is there once and whole, and nothing half is left.
@Suite("a plant that is killed while it has to do with images", .serialized, .timeLimit(.minutes(5)))
struct ImageCrashTests {
    private static func points(_ kind: String) -> [String] { FaultPoint.names.filter { $0.hasPrefix(kind) } }

    @Test("goes on with what it was fetching", arguments: points("fetch-"))
    func fetching(point: String) async throws {
        try await TemporaryDirectory.with { first in
            try await PlantFixture.prepare(first)
            try await ImageTransferTests.publishBig(in: first, bytes: 3 << 20)
            try await PlantFixture.run(in: first, .init(["name=p2"])) { owner in
                let actions = [RequestText.action("done", ":"), RequestText.action("one", "echo one")]
                let request = RequestText.document(actions, image: "big")
                try await Self.killed(at: point, ["warehouse.sources=" + owner.url], request) {
                    (_, warehouse) async throws in
                    #expect(try await warehouse.verify("big").isIntact)
                }
                // Only what was on its way is asked for again.
                let downloads = owner.log.lines.filter { $0.contains("/files/sha256:") }
                #expect(downloads.count == (point == "fetch-part" ? 2 : 1), "\(downloads)")
            }
        }
    }

    @Test("makes the image between two actions once", arguments: points("publish-"))
    func checkpoint(point: String) async throws {
        let one = RequestText.action("one", "echo one", checkpoint: true)
        let request = RequestText.document([one, RequestText.action("two", "echo two")])
        try await Self.killed(at: point, [], request) { (machine, warehouse) async throws in
            let made = try await warehouse.images().compactMap(\.image?.manifest).filter { $0.origin == .checkpoint }
            #expect(made.map { $0.history.map(\.action) } == [["one"]])
            for image in made { #expect(try await warehouse.verify(image.name).isIntact) }
            #expect(machine.actions.map(\.id) == ["one", "two"])
        }
    }

    /// Has a plant killed while it carries out a request, starts it again, and waits for the machine.
    private static func killed(
        at point: String,
        _ settings: [String],
        _ request: [UInt8],
        _ expect: @Sendable (Machine, Warehouse) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let guests = GuestProcesses(shares: directory("state/shares"))
            async let serving: Void = guests.serve()
            do {
                let id = MachineID.new()
                try await expectKilled(at: point, settings, id, request, directory)
                let plant = try await PlantProcess.start(in: directory, settings: settings)
                do { try await converge(id, plant, directory, expect) } catch {
                    try await plant.kill()
                    throw error
                }
                try await plant.kill()
            } catch {
                Issue.record("\(point): \(error)\n\(directory.read("plant.log") ?? "")")
            }
            await guests.end()
            await serving
        }
    }

    private static func expectKilled(
        at point: String,
        _ settings: [String],
        _ id: MachineID,
        _ request: [UInt8],
        _ directory: TemporaryDirectory
    ) async throws {
        let plant = try await PlantProcess.start(in: directory, settings: settings, killedAt: point)
        do {
            try await plant.waitUntilReady()
            try await Eventually.holds("it bids") {
                try await !plant.client.estimate(request, policy: nil).bids.isEmpty
            }
            // It may be gone before it answers.
            _ = try? await plant.client.create(id, request, options: .init())
        } catch {
            try await plant.kill()
            throw error
        }
        try await plant.process.diesAtFaultPoint()
    }

    private static func converge(
        _ id: MachineID,
        _ plant: PlantProcess,
        _ directory: TemporaryDirectory,
        _ expect: (Machine, Warehouse) async throws -> Void
    ) async throws {
        try await plant.waitUntilReady()
        let machine = try await plant.client.settled(id)
        #expect(machine.state == .ready, "\(String(describing: machine.error))")
        #expect(machine.actions.allSatisfy { $0.status == .done || $0.status == .reused })
        try await expect(machine, Warehouse(directory: directory("warehouse")))
        #expect(directory.list("warehouse/.incoming").isEmpty)
        #expect(directory.list("warehouse/images").filter { $0.hasPrefix(".publishing-") }.isEmpty)
        #expect(try await plant.client.collect(id).state == .collected)
        let census = try PlantCensus(directory)
        #expect(census.isEmpty, "\(census)")
    }
}
