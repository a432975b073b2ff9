import Glibc
import ShopAPI
import Testing
import VMShopTesting

/// What the built shop does when the disk beneath its book fails, fills up or does not answer (RELIABILITY, faults 24 to 26). The
/// failures are the system's: strace makes flushes fail, a frozen file system does not answer. Needs root.
@Suite("A shop whose disk is in trouble", .serialized, .timeLimit(.minutes(5)))
struct DiskTroubleTests {
    @Test(
        "ends when a flush or a write fails, confirms nothing from then on, and goes on from what it confirmed",
        arguments: ["fsync,fdatasync", "pwrite64"]
    )
    func failingDisk(calls: String) async throws {
        try await Self.withPlant { plant, address, directory in
            let shop = try await ShopProcess.start(in: directory, plants: [address])
            let before = try await Self.machines(3, at: shop.client)
            let late = MachineID.new()
            let injector = try #require(TroubledDisk.failing(calls, of: shop.process))
            do {
                try await Eventually.holds("strace has got it") { TroubledDisk.isTraced(shop.process) }
                await #expect(throws: ServiceError.self) {
                    _ = try await shop.client.create(late, Documents.machine(), options: .init())
                }
                let status = try await shop.process.ended(within: .seconds(20))
                #expect(status & 0x7F == 0 && status >> 8 == 1, "it ended with status \(status)")
            } catch {
                shop.process.send(SIGKILL)
                injector.send(SIGKILL)
                throw error
            }
            _ = try await injector.ended(within: .seconds(10))
            #expect(directory.read("shop.log")?.contains("the disk of the book failed") == true)

            let again = try await ShopProcess.start(in: directory, plants: [address])
            let listed = try await again.client.machines(matching: nil, includeGone: false).map(\.id)
            #expect(Set(listed).isSuperset(of: before))
            _ = try await again.client.create(late, Documents.machine(), options: .init())
            #expect(try await again.client.settled(late).state == .ready)
            #expect(await plant.running.count == 4)
            try await again.kill()
        }
    }

    @Test("says so while the disk does not answer, tells what it knows, and goes on when it does")
    func hungDisk() async throws {
        try await Self.withPlant { plant, address, directory in
            try await TroubledDisk.with("64M", at: directory("state"), in: directory) {
                let shop = try await ShopProcess.start(in: directory, plants: [address])
                defer { shop.process.send(SIGKILL) }
                let before = try await Self.machines(2, at: shop.client)
                let late = MachineID.new()
                try await TroubledDisk.whileFrozen(directory("state")) {
                    let began = ContinuousClock.now
                    let error = await #expect(throws: ServiceError.self) {
                        _ = try await shop.client.create(late, Documents.machine(), options: .init())
                    }
                    #expect(error?.code == .unavailable && error?.message.contains("has not answered") == true)
                    #expect(.now - began < .seconds(15))
                    try await Eventually.holds("it says so", within: .seconds(30)) {
                        let status = try await shop.client.status()
                        return !status.isReady && status.problems.contains { $0.contains("the disk of its book") }
                    }
                    let known = try await shop.client.machines(matching: nil, includeGone: false).map(\.id)
                    #expect(Set(known).isSuperset(of: before))
                    // Who comes now is told at once.
                    let next = ContinuousClock.now
                    await #expect(throws: ServiceError.self) {
                        _ = try await shop.client.create(.new(), Documents.machine(), options: .init())
                    }
                    #expect(.now - next < .seconds(2))
                }
                try await Eventually.holds("it is well again") { try await shop.client.status().isReady }
                _ = try await shop.client.create(late, Documents.machine(), options: .init())
                #expect(try await shop.client.settled(late).state == .ready)
                #expect(await plant.running.count { $0.id == late } == 1)
                try await shop.kill()
            }
        }
    }

    @Test("refuses what it cannot record while the disk is full, loses nothing, and goes on when there is room")
    func fullDisk() async throws {
        try await Self.withPlant { plant, address, directory in
            try await TroubledDisk.with("16M", at: directory("state"), in: directory) {
                let shop = try await ShopProcess.start(in: directory, plants: [address])
                defer { shop.process.send(SIGKILL) }
                let before = try await Self.machines(2, at: shop.client)
                let filler = directory("state") + "/filler"
                // It ends when there is no room left.
                try await TroubledDisk.run(["dd", "if=/dev/zero", "of=" + filler, "bs=4096"], mayFail: true)
                var refused: MachineID?
                for _ in 0..<200 where refused == nil {
                    let id = MachineID.new()
                    do {
                        _ = try await shop.client.create(id, Documents.machine(), options: .init())
                        _ = try? await shop.client.settled(id, within: .seconds(2))
                    } catch {
                        refused = id
                    }
                }
                let late = try #require(refused, "the disk was never full")
                let known = try await shop.client.machines(matching: nil, includeGone: false).map(\.id)
                #expect(Set(known).isSuperset(of: before))
                #expect(unlink(filler) == 0)
                _ = try await shop.client.create(late, Documents.machine(), options: .init())
                #expect(try await shop.client.settled(late).state == .ready)
                let all = try await shop.client.machines(matching: nil, includeGone: false).map(\.id)
                for id in all { #expect(try await shop.client.settled(id).state == .ready) }
                #expect(Set(await plant.running.map(\.id)) == Set(all))
                try await shop.kill()
            }
        }
    }
}

extension DiskTroubleTests {
    private static func withPlant(_ test: (StubPlant, String, TemporaryDirectory) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let plant = StubPlant("plant-1")
            let server = try await LocalServer.started(plant)
            do {
                try await test(plant, await server.address, directory)
            } catch {
                Issue.record("\(error)\n\(directory.read("shop.log") ?? "")")
            }
            await server.stop()
        }
    }

    /// Machines that the shop has confirmed, and that are ready.
    private static func machines(_ count: Int, at client: MachineClient) async throws -> [MachineID] {
        var ids: [MachineID] = []
        for _ in 0..<count {
            let id = MachineID.new()
            _ = try await client.create(id, Documents.machine(), options: .init())
            #expect(try await client.settled(id).state == .ready)
            ids.append(id)
        }
        return ids
    }
}
