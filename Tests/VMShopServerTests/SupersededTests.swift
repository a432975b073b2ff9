import FoundationEssentials
import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A shop that was started anew elsewhere", .serialized, .timeLimit(.minutes(2)))
struct SupersededTests {
    /// Two shops with one book each, copies of one another, and their plants. The second one starts after what is done with the first alone.
    private static func run(
        alone prepare: (_ old: TestShop, _ plants: [StubPlant]) async throws -> Void = { _, _ in },
        _ body: (_ old: TestShop, _ new: TestShop, _ plants: [StubPlant]) async throws -> Void
    ) async throws {
        let plants = [StubPlant("plant-1"), StubPlant("plant-2")]
        var servers: [LocalServer<StubPlant>] = []
        for plant in plants { servers.append(try await LocalServer.started(plant)) }
        var addresses: [String] = []
        for server in servers { addresses.append(await server.address) }
        let old = try await TestShop(plants: addresses)
        try await TemporaryDirectory.with { [addresses, servers] directory in
            let copy = directory("copy")
            _ = try await old.create()
            await old.stop()
            try FileManager.default.copyItem(atPath: old.directory, toPath: copy)
            try await old.start()
            try await prepare(old, plants)
            let new = try await TestShop(plants: addresses, directory: copy)
            let result: Result<Void, any Error>
            do { result = .success(try await body(old, new, plants)) } catch { result = .failure(error) }
            for shop in [old, new] { await shop.remove() }
            for server in servers { await server.stop() }
            try result.get()
        }
    }

    @Test("is refused by plants that have heard of the later start, says nothing more to any plant, and ends")
    func refused() async throws {
        let id = MachineID.new()
        try await Self.run { old, plants in
            let error = ServiceError(.unavailable, "not now")
            for plant in plants { await plant.always(.fail(error), on: .create) }
            _ = try await old.shop.create(id, Documents.machine(), options: CreateOptions())
        } _: { old, _, plants in
            let fence = try await old.shop.parts.plants.fence
            let error = await #expect(throws: ServiceError.self) { try await fence.run() }
            #expect(error?.code == .superseded)
            #expect(error?.message.contains("after this process of it") == true)
            try await old.shop.tasks.join(id)
            // What it has not brought about is left to the other one, and not said to have failed.
            #expect(try await old.shop.parts.machines.record(id)?.machine.state == .placing)
            for plant in plants { #expect(await plant.memory(of: id) == nil) }
            // Its clients learn that they are to ask the other one.
            let answer = await #expect(throws: ServiceError.self) {
                _ = try await old.shop.create(.new(), Documents.machine(), options: CreateOptions())
            }
            #expect(answer?.code == .unavailable)
        }
    }

    @Test("ends as a process with 78, which keeps systemd from starting it again, and says why")
    func process() async throws {
        let server = try await LocalServer.started(StubPlant("plant-1"))
        let plants = [await server.address]
        try await TemporaryDirectory.with { directory in
            let first = try await ShopProcess.start(in: directory, plants: plants)
            try await first.kill()
            try await TemporaryDirectory.with { other in
                try FileManager.default.copyItem(atPath: directory("state"), toPath: other("state"))
                let old = try await ShopProcess.start(in: directory, plants: plants)
                let new = try await ShopProcess.start(in: other, plants: plants)
                // Each tells its plants of its start within a second of it; the old one says something to them again.
                _ = try? await new.client.create(.new(), Documents.machine(), options: CreateOptions())
                _ = try? await old.client.create(.new(), Documents.machine(), options: CreateOptions())
                let status = try await old.process.ended(within: .seconds(60))
                #expect(status >> 8 == 78, "\(status)")
                #expect(directory.read("shop.log")?.contains("shop.superseded") == true)
                try await new.kill()
            }
        }
        await server.stop()
    }

    @Test("takes over again when it is started anew, and the other one ends")
    func back() async throws {
        try await Self.run { old, new, _ in
            _ = try await new.create()
            try await old.restart()
            let machine = try await old.create()
            #expect(machine.state == .ready)
            let fence = try await new.shop.parts.plants.fence
            let error = await #expect(throws: ServiceError.self) { try await fence.run() }
            #expect(error?.code == .superseded)
        }
    }

    @Test("each start has a later number than the one before, whatever the clock says")
    func numbers() throws {
        let book = try ShopDatabase.inMemory()
        let far = Int64(9e15)
        #expect(try ShopDatabase.beginEpoch(book) > 1_700_000_000_000_000)
        try book.write { try $0.execute(sql: "UPDATE book SET epoch = ?", arguments: [far]) }
        let next = try ShopDatabase.beginEpoch(book)
        #expect(next > far && next <= far + 1_000)
    }
}
