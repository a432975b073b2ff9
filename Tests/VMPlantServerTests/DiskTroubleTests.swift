import Glibc
import ShopAPI
import Testing
import VMShopTesting

/// What the built plant does when the disk beneath its book fails or does not answer (RELIABILITY, faults 25 and 26). Needs root.
@Suite("A plant whose disk is in trouble", .serialized, .timeLimit(.minutes(5)))
struct DiskTroubleTests {
    @Test("ends when a flush fails, promises nothing from then on, and keeps what it promised")
    func failingFlush() async throws {
        try await Self.withFixture { directory in
            let settings = ["limits.machines=2"]
            let plant = try await PlantProcess.start(in: directory, settings: settings)
            try await plant.waitUntilReady()
            let first = MachineID.new()
            let bid = try await plant.client.reserve(first, RequestText.document(), policy: nil)
            let injector = try #require(TroubledDisk.failing("fsync,fdatasync", of: plant.process))
            do {
                try await Eventually.holds("strace has got it") { TroubledDisk.isTraced(plant.process) }
                await #expect(throws: ServiceError.self) {
                    _ = try await plant.client.reserve(.new(), RequestText.document(), policy: nil)
                }
                let status = try await plant.process.ended(within: .seconds(20))
                #expect(status & 0x7F == 0 && status >> 8 == 1, "it ended with status \(status)")
            } catch {
                plant.process.send(SIGKILL)
                injector.send(SIGKILL)
                throw error
            }
            _ = try await injector.ended(within: .seconds(10))
            #expect(directory.read("plant.log")?.contains("the disk of the book failed") == true)

            let again = try await PlantProcess.start(in: directory, settings: settings)
            try await again.waitUntilReady()
            // The bid of before is good.
            _ = try await again.client.create(first, RequestText.document(), options: CreateOptions(bid: bid.id))
            try await again.kill()
        }
    }

    @Test("does not bid while the disk does not answer, tells what it knows, and bids again when it does")
    func hungDisk() async throws {
        try await Self.withFixture { directory in
            // A plant wants some room.
            try await TroubledDisk.with("8G", at: directory("state"), in: directory) {
                let plant = try await PlantProcess.start(in: directory)
                defer { plant.process.send(SIGKILL) }
                try await plant.waitUntilReady()
                try await TroubledDisk.whileFrozen(directory("state")) {
                    try await Eventually.holds("it says so", within: .seconds(30)) {
                        try await plant.client.status().problems.contains { $0.contains("the disk of its book") }
                    }
                    let estimate = try await plant.client.estimate(RequestText.document(), policy: nil)
                    #expect(estimate.bids.isEmpty)
                    #expect(estimate.refusals.contains { $0.reasons.contains { $0.contains("the disk of its book") } })
                    #expect(try await plant.client.machines(matching: nil, includeGone: true).isEmpty)
                    await #expect(throws: ServiceError.self) {
                        _ = try await plant.client.create(.new(), RequestText.document(), options: .init())
                    }
                }
                try await plant.waitUntilReady()
                #expect(try await !plant.client.estimate(RequestText.document(), policy: nil).bids.isEmpty)
                try await plant.kill()
            }
        }
    }

    private static func withFixture(_ test: (TemporaryDirectory) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            do {
                try await test(directory)
            } catch {
                Issue.record("\(error)\n\(directory.read("plant.log") ?? "")")
            }
        }
    }
}
