import FoundationEssentials
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

/// The built shop is killed at every fault point there is and started again; its plants live on.
@Suite("A shop that is killed at any instant", .timeLimit(.minutes(5)))
struct CrashSweepTests {
    private static let turnstile = Turnstile(width: 3)

    @Test("goes on, makes every machine once, and leaves none behind", arguments: FaultPoint.names)
    func sweep(point: String) async throws {
        try await Self.turnstile.pass {
            try await TemporaryDirectory.with { directory in
                let plants = (1...2).map { StubPlant("plant-\($0)") }
                var servers: [LocalServer<StubPlant>] = []
                for plant in plants { servers.append(try await LocalServer.started(plant)) }
                await Self.prepare(plants, for: point)
                do {
                    try await Self.sweep(point, directory, plants, servers)
                } catch {
                    Issue.record("\(point): \(error)\n\(directory.read("shop.log") ?? "")")
                }
                for server in servers { await server.stop() }
            }
        }
    }

    @Test("the list of fault points holds those of the source, each once, and no other")
    func catalogue() throws {
        let folder = SourceTree.path("Sources/VMShopServer")
        var found: [String] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name.hasSuffix(".swift") {
            let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            for match in String(decoding: bytes, as: UTF8.self).matches(of: /FaultPoint\.pass\("(.+?)"\)/) {
                found.append(String(match.output.1))
            }
        }
        #expect(found.sorted() == FaultPoint.names.sorted())
    }

    /// Lets the plants fail where only a failure leads to the point. What fails has begun the machine all the same.
    private static func prepare(_ plants: [StubPlant], for point: String) async {
        let failure = ServiceError(.internalError, "oops")
        if ["passed-over", "failure-recorded"].contains(point) {
            await plants[0].script(.create, .actAndFail(failure))
        }
        if point == "gang-failed" {
            for plant in plants { await plant.always(.fail(ServiceError(.refused, "full")), on: .reserve) }
        }
        if point == "failure-recorded" { await plants[1].script(.create, .actAndFail(failure)) }
    }

    private static func sweep(
        _ point: String,
        _ directory: TemporaryDirectory,
        _ plants: [StubPlant],
        _ servers: [LocalServer<StubPlant>]
    ) async throws {
        var addresses: [String] = []
        for server in servers { addresses.append(await server.address) }
        guard !point.hasPrefix("gang-") else { return try await sweepGang(point, directory, plants, addresses) }
        let id = MachineID.new()
        let isInCollection = ["collection-recorded", "collection-told", "debt-paid", "collected"].contains(point)
        let first = try await ShopProcess.start(in: directory, plants: addresses, killedAt: point)
        _ = try? await first.client.create(id, Documents.machine(), options: .init())
        if isInCollection {
            #expect(try await first.client.settled(id).state == .ready)
            await #expect(throws: ServiceError.self) { try await first.client.collect(id) }
        }
        try await first.process.diesAtFaultPoint()

        let second = try await ShopProcess.start(in: directory, plants: addresses)
        do {
            try await converge(id, point, second, plants, isInCollection)
        } catch {
            try await second.kill()
            throw error
        }
        try await second.kill()
    }

    private static func converge(
        _ id: MachineID,
        _ point: String,
        _ shop: ShopProcess,
        _ plants: [StubPlant],
        _ isInCollection: Bool
    ) async throws {
        if !isInCollection {
            // The client repeats its call, as it does when it is not answered.
            _ = try await shop.client.create(id, Documents.machine(), options: .init())
            let machine = try await shop.client.settled(id)
            #expect(machine.state == (point == "failure-recorded" ? .failed : .ready))
            let expected = machine.state == .failed ? [] : [point == "passed-over" ? "plant-2" : "plant-1"]
            try await Eventually.holds("\(expected) has it") {
                await holders(id, plants) == expected
            }
            _ = try await shop.client.collect(id)
        }
        try await Eventually.holds("it is collected") {
            try await shop.client.machine(id).state == .collected
        }
        #expect(await holders(id, plants).isEmpty)
        await #expect {
            try await shop.client.create(id, Documents.machine(), options: .init())
        } throws: { ($0 as? ServiceError)?.code == .machineCollected }
    }

    /// A gang whose shop is killed is made whole, or collected whole where it was not wanted any more.
    private static func sweepGang(
        _ point: String,
        _ directory: TemporaryDirectory,
        _ plants: [StubPlant],
        _ addresses: [String]
    ) async throws {
        let (id, count, document) = (MachineID.new(), 3, Documents.machine())
        let first = try await ShopProcess.start(in: directory, plants: addresses, killedAt: point)
        _ = try? await first.client.createGang(id, document, count: count, options: .init())
        if point == "gang-unwanted" {
            try await Eventually.holds("it is ready") { try await first.client.gang(id).state == .ready }
            await #expect(throws: ServiceError.self) { try await first.client.collectGang(id) }
        }
        try await first.process.diesAtFaultPoint()

        let second = try await ShopProcess.start(in: directory, plants: addresses)
        do {
            if point != "gang-unwanted" {
                _ = try await second.client.createGang(id, document, count: count, options: .init())
                let end = point == "gang-failed" ? MachineState.failed : .ready
                try await Eventually.holds("it is \(end)") { try await second.client.gang(id).state == end }
                var machines: [MachineID] = []
                for plant in plants { machines += await plant.running.map(\.id) }
                #expect(machines.sorted() == (end == .failed ? [] : (1...count).map { id.advanced(by: $0) }))
                _ = try await second.client.collectGang(id)
            }
            try await Eventually.holds("it is collected") { try await second.client.gang(id).state == .collected }
            for plant in plants { #expect(await plant.running.isEmpty) }
        } catch {
            try await second.kill()
            throw error
        }
        try await second.kill()
    }

    private static func holders(_ id: MachineID, _ plants: [StubPlant]) async -> [String] {
        var names: [String] = []
        for plant in plants where await plant.running.contains(where: { $0.id == id }) { names.append(plant.name) }
        return names
    }
}
