import DAGModel
import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("Choosing an image that was saved while it ran")
struct WarmSelectionTests {
    private static let digest = "sha256:" + String(repeating: "0", count: 64)

    private func listing(_ name: String, warm parent: ImageListing? = nil, content: String = "0") throws -> ImageListing
    {
        let digest = "sha256:" + String(repeating: content, count: 64)
        let state = BootFile(path: "state", bytes: 1, digest: Self.digest)
        let host = MemoryState.Host(machine: "pc-7.2", processor: "maximum", accelerator: "tcg", hypervisor: "7.2.0")
        let manifest = ImageManifest(
            formatVersion: 1,
            name: name,
            disk: DiskFile(path: "disk.qcow2", format: .qcow2, virtualSize: 1 << 30, bytes: 1, digest: digest),
            boot: nil,
            hardware: ImageHardware(minimumMemory: ByteCount("128MiB"), architecture: "x86_64"),
            operatingSystem: nil,
            guest: .runner,
            history: [],
            published: Date(timeIntervalSince1970: 0),
            description: nil,
            parent: parent?.image?.manifest.reference,
            origin: parent == nil ? .installer : .warm,
            memory: parent.map { _ in
                MemoryState(
                    kind: .restore,
                    memory: ByteCount(bytes: 256 << 20),
                    cpus: 1,
                    host: host,
                    state: state,
                    ram: nil
                )
            }
        )
        let image = WarehouseImage(
            manifest: manifest,
            diskPath: "/\(name)",
            kernelPath: nil,
            initrdPath: nil,
            source: .published
        )
        return ImageListing(name: name, source: .published, state: .usable(image))
    }

    /// The image that is chosen where cold ones start in 3 s and warm ones in half a second.
    private func choose(
        _ listings: [ImageListing],
        image: String? = nil,
        _ hardware: Hardware = Hardware(),
        obstacle: String? = nil
    ) async throws -> ImageSelection {
        let graph = try Graph(chain: [WarehouseFixture.action("a")])
        let time = ReadyTime(actions: [1]) { $0.saved == nil ? 3 : 0.5 }
        var start = Start()
        (start.image, start.hardware) = (image, hardware)
        let selector = ImageSelector(supply: ListedImages(listings), start: start, graph: graph, time: time) {
            $0.memory == nil ? nil : obstacle
        }
        return try await selector.select()
    }

    private func name(_ selection: ImageSelection) -> String? {
        if case .chosen(let choice) = selection { choice.image.manifest.name } else { nil }
    }

    @Test("takes it, as its machine is ready first, and for a request that names what it was made of too")
    func better() async throws {
        let cold = try listing("small")
        let listings = [cold, try listing("small-warm", warm: cold)]
        #expect(name(try await choose(listings)) == "small-warm")
        #expect(name(try await choose(listings, image: "small")) == "small-warm")
    }

    @Test("does not take it for a name that means another version by now")
    func replaced() async throws {
        let warm = try listing("small-warm", warm: try listing("small"))
        #expect(name(try await choose([try listing("small", content: "1"), warm], image: "small")) == "small")
    }

    @Test("takes it only for the hardware that it was saved with, and says why not")
    func hardware() async throws {
        let cold = try listing("small")
        let warm = try listing("small-warm", warm: cold)
        var hardware = Hardware()
        hardware.memory = ByteCount(bytes: 256 << 20)
        #expect(name(try await choose([cold, warm], hardware)) == "small-warm")
        hardware.memory = ByteCount(bytes: 512 << 20)
        #expect(name(try await choose([cold, warm], hardware)) == "small")
        guard case .refused(let reasons) = try await choose([warm], hardware) else {
            Issue.record("a machine of other memory was promised")
            return
        }
        #expect(reasons.map(\.description) == ["small-warm was saved with 256MiB of memory, and 512MiB was asked for"])
        hardware = Hardware()
        hardware.cpus = 2
        #expect(name(try await choose([cold, warm], hardware)) == "small")
        hardware = Hardware()
        hardware.disk = ByteCount(bytes: 2 << 30)
        #expect(name(try await choose([cold, warm], image: "small", hardware)) == "small")
    }

    @Test("takes another where the host cannot wake it")
    func host() async throws {
        let cold = try listing("small")
        let listings = [cold, try listing("small-warm", warm: cold)]
        #expect(name(try await choose(listings, obstacle: "it was saved elsewhere")) == "small")
        #expect(name(try await choose(listings, image: "small", obstacle: "it was saved elsewhere")) == "small")
    }
}
