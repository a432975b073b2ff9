import AsyncHTTPClient
import CostModel
import DAGModel
import FoundationEssentials
import NIOCore
import NIOHTTP1
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("images that a plant fetches from others", .timeLimit(.minutes(2)))
struct ImageTransferTests {
    private static let document = RequestText.document([RequestText.action("done", ":")], edges: [], image: nil)
    private static let done = Action(id: "done", operation: .script(":"))

    /// A plant `p1` that has an image `big` with the action done, and a plant `p2` that has `small` and asks p1.
    private func withTwoPlants(
        _ settings: [String] = [],
        bytes: Int = 3 << 20,
        _ test: @escaping @Sendable (PlantFixture, PlantFixture) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { first in
            try await PlantFixture.prepare(first)
            try await Self.publishBig(in: first, bytes: bytes)
            try await PlantFixture.run(in: first, .init(["name=p1"])) { owner in
                try await TemporaryDirectory.with { second in
                    try await PlantFixture.prepare(second)
                    let flags = ["name=p2", "warehouse.sources=" + owner.url] + settings
                    try await PlantFixture.run(in: second, .init(flags)) { plant in
                        await plant.images.sources.refresh()
                        try await test(owner, plant)
                    }
                }
            }
        }
    }

    /// A raw disk of noise, so that no part of it is like another.
    static func publishBig(_ name: String = "big", in directory: TemporaryDirectory, bytes: Int) async throws {
        let noise = [UInt64](unsafeUninitializedCapacity: bytes / 8) { words, count in
            for place in 0..<bytes / 8 { words[place] = .random(in: 1 ... .max) }
            count = bytes / 8
        }
        let disk = directory(name + ".raw")
        try noise.withUnsafeBytes { try Data($0).write(to: URL(filePath: disk)) }
        let draft = ImageDraft(
            name: name,
            disk: disk,
            format: .raw,
            hardware: ImageHardware(minimumMemory: ByteCount("16MiB"), architecture: "x86_64"),
            operatingSystem: "linux",
            guest: .runner,
            history: [PerformedAction(done, outputs: [:])]
        )
        try await Warehouse(directory: directory("warehouse")).publish(draft)
    }

    @Test("a plan counts the transfer, a creation makes it, and the next finds the image here")
    func creation() async throws {
        try await withTwoPlants { _, plant in
            let plan = try #require(try await plant.client.estimate(Self.document, policy: .time).bids.first)
            let transfer = try #require(plan.plan.work.transfer)
            #expect(plan.plan.image == "big" && plan.plan.reused == ["done"] && plan.plan.left.isEmpty)
            #expect(transfer.source == "p1" && transfer.bytes == 3 << 20 && transfer.basis.contains("assumed"))
            let term = try #require(plan.cost.terms.first { $0.name == "transfer" })
            #expect(term.value == transfer.expectedSeconds && plan.cost.isSane)

            let id = MachineID.new()
            _ = try await plant.client.create(id, Self.document, options: .init())
            let machine = try await plant.client.settled(id)
            #expect(machine.state == .ready, "\(machine.error.map(String.init(describing:)) ?? "")")
            #expect(machine.image == "big")
            #expect(machine.timing?.steps.map(\.name) == ["transfer", "clone", "start"])
            #expect((machine.timing?.steps.first?.actual ?? 0) > 0)
            let events = try await plant.client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            #expect(events.contains { $0.hasPrefix("image big fetched from p1, 3MiB (") }, "\(events)")

            let next = try #require(try await plant.client.estimate(Self.document, policy: .time).bids.first)
            #expect(next.plan.image == "big" && next.plan.work.transfer == nil)
            let warehouse = try Warehouse(directory: plant.directory("warehouse"))
            #expect(try await warehouse.verify("big").isIntact)
            #expect(plant.directory.list("warehouse/.incoming").isEmpty)
            _ = try await plant.client.collect(id)
        }
    }

    @Test("an image far away is not fetched where what is here is sooner ready")
    func tooFar() async throws {
        try await withTwoPlants { owner, plant in
            await plant.images.sources.learn(owner.url, bytes: 1 << 20, seconds: 20)
            await plant.images.sources.refresh()
            let plan = try #require(try await plant.client.estimate(Self.document, policy: nil).bids.first?.plan)
            #expect(plan.image == "small" && plan.work.transfer == nil)
            let why = try #require(try await plant.client.explain(Self.document, image: "big").verdicts.first)
            #expect(!why.isChosen && why.steps.map(\.name) == ["done"])
            let reason = try #require(why.reasons.first)
            #expect(reason.hasPrefix("small is better: "), "\(reason)")
            #expect(reason.contains("big would have to come from p1 first"), "\(reason)")
            let none = try #require(try await plant.client.explain(Self.document, image: "none").verdicts.first)
            #expect(none.reasons.first?.contains("none") == true && none.steps.isEmpty)
            // Whoever names it gets it all the same.
            let named = RequestText.document([RequestText.action("done", ":")], edges: [], image: "big")
            let far = try #require(try await plant.client.estimate(named, policy: nil).bids.first?.plan)
            #expect(far.image == "big" && (far.work.transfer?.expectedSeconds ?? 0) > 10)
            #expect(far.work.transfer?.basis.contains("by 1 transfers") == true)
        }
    }

    @Test("machines that want the same image at once share one transfer")
    func joining() async throws {
        try await withTwoPlants(bytes: 8 << 20) { owner, plant in
            let ids = (0..<4).map { _ in MachineID.new() }
            for id in ids { _ = try await plant.client.create(id, Self.document, options: .init()) }
            for id in ids { #expect(try await plant.client.settled(id).state == .ready) }
            #expect(owner.log.lines.filter { $0.contains("/files/sha256:") }.count == 1, "\(owner.log.lines)")
            #expect(owner.log.lines.allSatisfy { !$0.contains("call failed") })
            for id in ids { _ = try await plant.client.collect(id) }
        }
    }

    @Test("a list that did not change is not sent again; a file is sent in parts; nothing else is sent")
    func serving() async throws {
        try await withTwoPlants { owner, _ in
            let images = ImageClient(url: owner.url, http: .shared)
            let first = try #require(try await images.offers(unless: nil))
            #expect(first.offers.plant == "p1" && first.offers.images.map(\.name) == ["big", "small"])
            #expect(try await images.offers(unless: first.tag) == nil)
            let big = try #require(first.offers.images.first)
            try await PlantFixture.publish(image: "more", in: owner.directory)
            #expect(try await images.offers(unless: first.tag)?.offers.images.count == 3)

            let collected = Collected()
            try await images.read(big.files[0], of: big.version, from: 3_000_000) {
                await collected.begin($0)
            } take: {
                await collected.add($0)
            }
            let disk = try Data(contentsOf: URL(filePath: owner.directory("big.raw")))
            #expect(await collected.first == 3_000_000)
            #expect(await collected.bytes == Array(disk[3_000_000...]))

            let unknown = "sha256:" + String(repeating: "0", count: 64)
            let wrong = [
                "small/\(big.digest)", "big/\(unknown)", "big/\(big.digest)/files/\(unknown)",
                "%2e%2e/\(big.digest)", "big%2f..%2fsmall/\(big.digest)", ".locks/\(big.digest)",
            ]
            for path in wrong {
                let answer = try await HTTPClient.shared.get(url: "\(owner.url)/v1/images/\(path)").get()
                #expect(answer.status == .notFound, "\(path)")
            }
            let malformed = try await HTTPClient.shared.get(url: "\(owner.url)/v1/images/big/sha256:..").get()
            #expect(malformed.status == .badRequest)
        }
    }

    @Test("more downloads than may be are refused for the moment")
    func downloads() async throws {
        let slots = DownloadSlots(limit: 2)
        let first = try await slots.enter()
        _ = try await slots.enter()
        await expect(code: .unavailable) { try await slots.enter() }
        await slots.leave(first)
        _ = try await slots.enter()
    }

    @Test("an operator has an image brought ahead of time, and follows it; what is here is left alone")
    func ordered() async throws {
        try await withTwoPlants { owner, plant in
            let images = ImageClient(url: plant.url, http: .shared)
            await expect(code: .imageUnknown) { try await images.fetch("absent", replace: false) }
            try await Eventually.holds("the image is there") {
                try await images.fetch("big", replace: false).first?.state == .present
            }
            // A name that means something else here.
            await expect(code: .imageConflict) {
                try await PlantFixture.publish(image: "small", in: owner.directory, memory: "32MiB", replace: true)
                await plant.images.sources.refresh()
                return try await images.fetch("small", replace: false)
            }
            try await Eventually.holds("the other version is there") {
                try await images.fetch("small", replace: true).first?.state == .present
            }
            let here = try await Warehouse(directory: plant.directory("warehouse")).image(named: "small")
            #expect(here.manifest.hardware.minimumMemory == ByteCount("32MiB"))
        }
    }
}

extension PlantFixture {
    fileprivate var images: PlantImages { plant.parts.images }
}

/// What a download brought.
private actor Collected {
    var first: Int?
    var bytes: [UInt8] = []

    func begin(_ offset: Int) { first = offset }
    func add(_ more: [UInt8]) { bytes += more }
}
