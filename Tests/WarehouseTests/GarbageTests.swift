import DAGModel
import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("What garbage collection frees")
struct GarbageTests {
    private static let now = Date(timeIntervalSince1970: 2_000_000_000)

    /// A version that was not used for so many days.
    private func version(
        _ name: String,
        _ content: String = "1",
        origin: ImageOrigin = .installer,
        isCurrent: Bool = true,
        unused days: Double = 0,
        bytes: Int = 100,
        on base: ImageVersion? = nil,
        holders: [ImageHolder] = []
    ) -> ImageVersion {
        let layer = base.map { base in
            DiskLayer(
                image: base.reference,
                path: "images/\(base.manifest.name)/disk.qcow2",
                format: .qcow2,
                virtualSize: 512,
                bytes: 1,
                digest: base.manifest.disk.digest
            )
        }
        let digest = "sha256:" + String(repeating: content, count: 64)
        let manifest = ImageManifest(
            formatVersion: 1,
            name: name,
            disk: DiskFile(
                path: "disk.qcow2",
                format: .qcow2,
                virtualSize: 512,
                bytes: 1,
                digest: digest,
                layers: layer.map { [$0] + (base?.manifest.disk.layers ?? []) } ?? []
            ),
            boot: nil,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            operatingSystem: nil,
            guest: .runner,
            history: [],
            published: Self.now,
            description: nil,
            parent: base?.reference,
            origin: origin
        )
        return ImageVersion(
            manifest: manifest,
            isCurrent: isCurrent,
            bytes: bytes,
            lastUse: Self.now.addingTimeInterval(-days * 86_400),
            holders: holders,
            folder: "version-" + content
        )
    }

    private func removed(
        _ versions: [ImageVersion],
        uses: [ImageUse] = [],
        policy: GarbagePolicy = GarbagePolicy()
    ) -> [ImageReference] {
        let plan = GarbagePlan(versions, uses: uses, policy: policy, now: Self.now)
        #expect(plan.decisions.count == versions.count)
        #expect(plan.decisions.allSatisfy { !$0.reason.isEmpty })
        return plan.decisions.filter(\.isRemoved).map(\.version.reference)
    }

    @Test("is nothing in an empty warehouse, and nothing that an installer published")
    func nothing() {
        #expect(removed([]).isEmpty)
        #expect(removed([version("a", unused: 1000), version("b", origin: .machine, unused: 1000)]).isEmpty)
    }

    @Test("is a version that was replaced, but for one that a machine or an image stands on")
    func replaced() {
        let old = version("a", "1", isCurrent: false)
        let new = version("a", "2")
        #expect(removed([new, old]) == [old.reference])
        let digest = old.reference.digest
        #expect(removed([new, old], uses: [ImageUse(machine: "m", image: "a", digest: digest)]).isEmpty)
        #expect(removed([new, old], uses: [ImageUse(machine: "m", image: "a", digest: nil)]).isEmpty)
        #expect(
            removed([new, old], uses: [ImageUse(machine: "m", image: "a", digest: new.reference.digest)]).count == 1
        )
        #expect(removed([new, old, version("top", "3", on: old)]).isEmpty)
        let noted = [ImageHolder(machine: "m", plant: "p")]
        #expect(removed([new, version("a", "1", isCurrent: false, holders: noted)]).isEmpty)
    }

    @Test("is what a plant kept by itself once it was long unused, those that stood on it first")
    func automatic() {
        let base = version("base", "1", unused: 400)
        let low = version("low", "2", origin: .automatic, unused: 90, on: base)
        let high = version("high", "3", origin: .automatic, unused: 60, on: low)
        #expect(removed([base, low, high]) == [high.reference, low.reference])
        #expect(removed([base, low, version("high", "3", origin: .automatic, unused: 3, on: low)]).isEmpty)
    }

    @Test("of what a plant kept is the longest unused until the rest fits the budget")
    func budget() {
        let versions = (1...5).map { version("a\($0)", "\($0)", origin: .automatic, unused: Double($0), bytes: 100) }
        let gone = removed(versions, policy: GarbagePolicy(budget: 250))
        #expect(gone.map(\.name) == ["a5", "a4", "a3"])
    }

    @Test("is a checkpoint only when that is asked for")
    func checkpoints() {
        let checkpoint = version("c", origin: .checkpoint, unused: 90)
        #expect(removed([checkpoint]).isEmpty)
        #expect(removed([checkpoint], policy: GarbagePolicy(includesCheckpoints: true)) == [checkpoint.reference])
    }

    @Test("goes from the warehouse, is written down, and can be returned to before")
    func warehouse() async throws {
        let fixture = try WarehouseFixture()
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 1))
        let first = try await fixture.warehouse.image(named: "a").manifest.reference
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 2), replace: true, keepReplaced: true)
        #expect(try await fixture.warehouse.versions().map(\.isCurrent) == [true, false])

        #expect(try await fixture.warehouse.rollBack("a") == first)
        #expect(try await fixture.warehouse.image(named: "a").manifest.reference == first)
        #expect(try await fixture.warehouse.verify("a").isIntact)
        await expectError(.notFound) { _ = try await fixture.warehouse.rollBack("a", to: "0000") }

        let plan = try await fixture.warehouse.garbage(uses: [])
        let outcome = try await fixture.warehouse.collect(plan) { [] }
        #expect(outcome.values.allSatisfy { $0 == nil } && outcome.count == 1)
        #expect(try await fixture.warehouse.versions().map(\.reference) == [first])
        #expect(
            String(decoding: try fixture.folder.read("warehouse/images/.removed.log"), as: UTF8.self).contains("a@")
        )
        await expectError(.notFound) { _ = try await fixture.warehouse.rollBack("a") }
    }

    @Test("stays when a machine has begun to stand on it since it was looked at, and that is said")
    func lateUse() async throws {
        let fixture = try WarehouseFixture()
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 1))
        let first = try await fixture.warehouse.image(named: "a").manifest.reference
        try await fixture.warehouse.publish(try fixture.draft("a", fill: 2), replace: true, keepReplaced: true)
        let plan = try await fixture.warehouse.garbage(uses: [])
        let outcome = try await fixture.warehouse.collect(plan) {
            [ImageUse(machine: "late", image: "a", digest: first.digest)]
        }
        #expect(outcome[first]??.contains("late") == true)
        #expect(try await fixture.warehouse.versions().count == 2)
    }

    @Test("counts from the last clone, where one was made")
    func lastUse() async throws {
        let fixture = try WarehouseFixture()
        try await fixture.warehouse.publish(try fixture.draft("a"))
        #expect(try await fixture.warehouse.versions().first?.lastUse.timeIntervalSince1970 == 1_700_000_000)
        let image = try await fixture.warehouse.image(named: "a")
        try await fixture.warehouse.clone(image, to: fixture.folder("disk"), virtualSize: 1 << 20)
        let used = try #require(try await fixture.warehouse.versions().first?.lastUse)
        #expect(Date().timeIntervalSince(used) < 60)
    }
}
