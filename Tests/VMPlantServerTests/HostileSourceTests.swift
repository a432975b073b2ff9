import AsyncHTTPClient
import Logging
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("sources that fail or lie", .timeLimit(.minutes(2)))
struct HostileSourceTests {
    /// What a transfer from some sources came to, and the warehouse it was for.
    private struct Outcome {
        var result: Result<WarehouseImage, any Error>
        var warehouse: Warehouse
        var received: Int
    }

    /// Fetches the image of the first source from all of them, in their order.
    private func fetch(
        _ sources: [ScriptedSource],
        into directory: TemporaryDirectory,
        patience: Duration = .seconds(10)
    ) async throws -> Outcome {
        let warehouse = try Warehouse(directory: directory("here"), verifies: true)
        let image = sources[0].image
        let manifest = try await ImageClient(url: sources[0].url, http: .shared).manifest(of: image.wire)
        let wanted = RemoteImage(
            image: try ReceivedImage(manifest: manifest, of: image),
            sources: sources.enumerated().map { .init(url: $1.url, plant: "p\($0 + 1)") }
        )
        let settings = try await PlantFixture.settings(directory, [])
        let received = Counter()
        let receiver = ImageReceiver(
            warehouse: warehouse,
            sources: ImageSources(settings: settings, warehouse: warehouse, logger: Logger(label: "test")),
            wanted: wanted,
            isReplacing: false,
            logger: Logger(label: "test"),
            patience: patience
        ) { count, _ in await received.add(count) }
        do {
            let image = try await receiver.run()
            return Outcome(result: .success(image), warehouse: warehouse, received: await received.count)
        } catch {
            return Outcome(result: .failure(error), warehouse: warehouse, received: await received.count)
        }
    }

    private func expectIntact(_ outcome: Outcome) async throws {
        _ = try outcome.result.get()
        #expect(try await outcome.warehouse.verify("big").isIntact)
    }

    private func expectRefused(_ outcome: Outcome, _ reasons: String...) async throws {
        do {
            _ = try outcome.result.get()
            Issue.record("it was accepted")
        } catch let error as ServiceError {
            for reason in reasons { #expect(error.message.contains(reason), "\(error)") }
        }
        #expect(try await outcome.warehouse.images().isEmpty)
    }

    @Test("what breaks off goes on where it was, as often as it must")
    func resumed() async throws {
        try await TemporaryDirectory.with { directory in
            let source = try await ScriptedSource.started([.pieces(of: 1 << 20)], in: directory)
            let outcome = try await fetch([source], into: directory)
            try await expectIntact(outcome)
            #expect(source.ranges.count >= 3 && source.ranges[0] == nil)
            #expect(source.ranges.dropFirst().allSatisfy { $0?.hasPrefix("bytes=") == true }, "\(source.ranges)")
            #expect(outcome.received == 3 << 20)
            await source.stop()
        }
    }

    @Test("a source that knows no ranges sends all of it again")
    func noRanges() async throws {
        try await TemporaryDirectory.with { directory in
            let source = try await ScriptedSource.started([.pieces(of: 1 << 20), .fromTheBeginning], in: directory)
            let outcome = try await fetch([source], into: directory)
            try await expectIntact(outcome)
            #expect(outcome.received > 3 << 20)
            await source.stop()
        }
    }

    @Test("wrong bytes are refused, with the reason, and another source is asked from the beginning")
    func flipped() async throws {
        try await TemporaryDirectory.with { directory in
            let liar = try await ScriptedSource.started([.flipped], in: directory)
            let refused = try await fetch([liar], into: directory)
            try await expectRefused(refused, "no source could send", "p1 at", "it is refused")
            let honest = try await ScriptedSource.started([.honestly], in: directory)
            try await expectIntact(try await fetch([liar, honest], into: directory))
            #expect(honest.ranges == [nil])
            await liar.stop()
            await honest.stop()
        }
    }

    @Test("a beginning that a liar sent does not make an honest source one")
    func poisoned() async throws {
        try await TemporaryDirectory.with { directory in
            let honest = try await ScriptedSource.started([.honestly], in: directory)
            let warehouse = try Warehouse(directory: directory("here"))
            let manifest = try await ImageClient(url: honest.url, http: .shared).manifest(of: honest.image.wire)
            let file = try ReceivedImage(manifest: manifest, of: honest.image).files[0]
            do {
                let incoming = try await warehouse.incoming(file)
                try await incoming.append([UInt8](repeating: 7, count: 1 << 20))
            }
            try await expectIntact(try await fetch([honest], into: directory))
            #expect(honest.ranges.count == 2 && honest.ranges[1] == nil)
            await honest.stop()
        }
    }

    @Test("too many bytes, and none that come any more, are the source's failure; the next one goes on")
    func misbehaving() async throws {
        try await TemporaryDirectory.with { directory in
            let long = try await ScriptedSource.started([.tooLong], in: directory)
            try await expectRefused(try await fetch([long], into: directory), "sent more than the")
            await long.stop()
        }
        try await TemporaryDirectory.with { directory in
            let stalling = try await ScriptedSource.started(
                [.stalling(after: 300_000), .stalling(after: 0)],
                in: directory
            )
            let honest = try await ScriptedSource.started([.honestly], in: directory)
            let outcome = try await fetch([stalling, honest], into: directory, patience: .seconds(1))
            try await expectIntact(outcome)
            #expect(!honest.ranges.isEmpty)
            #expect(honest.ranges.allSatisfy { $0?.hasPrefix("bytes=") == true }, "\(honest.ranges)")
            await stalling.stop()
            await honest.stop()
        }
    }

    @Test("one that is busy for the moment is asked again; one that is gone is passed over")
    func busy() async throws {
        try await TemporaryDirectory.with { directory in
            let busy = try await ScriptedSource.started([.busy, .busy, .honestly], in: directory)
            try await expectIntact(try await fetch([busy], into: directory))
            await busy.stop()
        }
        try await TemporaryDirectory.with { directory in
            let honest = try await ScriptedSource.started([.honestly], in: directory)
            let gone = try await ScriptedSource.started([.honestly], in: directory)
            await gone.stop()
            let outcome = try await fetch([honest, gone], into: directory)
            try await expectIntact(outcome)
            await honest.stop()
        }
    }
}

/// Adds up.
private actor Counter {
    var count = 0

    func add(_ more: Int) { count += more }
}
