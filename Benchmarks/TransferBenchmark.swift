import AsyncHTTPClient
import DAGModel
import FoundationEssentials
import Glibc
import SeededRandom
import ShopAPI
import Warehouse

/// An image of 1 GiB that a plant fetches from another on the same host, checked and durable; beside the same file brought
/// by curl, checked by sha256sum and synchronised.
struct TransferBenchmark: Benchmark {
    let name = "transfer"

    private static let size = 1 << 30
    private static let image = "big"
    private static let peer = "curl -sf \"$1\" -o \"$2\" && echo \"$3  $2\" | sha256sum -c --quiet && sync \"$2\""
    private static let pairs = 3

    func run() async throws -> [BenchmarkLine] {
        let title = "transfer: 1 GiB, checked and durable"
        guard access("/usr/bin/curl", X_OK) == 0 else {
            return [BenchmarkLine(title, target: "<= 1.25", notMeasured: "/usr/bin/curl is missing")]
        }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        print("transfer: from plant to plant on one host, in \(folder.path)")
        let manifest = try await Self.publish(in: folder)
        let result = try await BenchPlant.run("owner", in: folder, warehouse: folder("owner-images")) { _, owner in
            let sources = ["warehouse.sources=" + owner]
            return try await BenchPlant.run("taker", in: folder, warehouse: folder("images"), sources) { _, taker in
                try await Self.measure(manifest, in: folder, from: owner, to: taker)
            }
        }
        return [BenchmarkLine(title, result, against: "curl, sha256sum, sync:", atMost: 1.25)]
    }

    private static func measure(
        _ manifest: ImageManifest,
        in folder: ScratchFolder,
        from owner: String,
        to taker: String
    ) async throws -> Interleaved.Result {
        let warehouse = try Warehouse(directory: folder("images"))
        let (file, digest) = (folder("by-curl"), manifest.disk.digest)
        let url = "\(owner)/v1/images/\(image)/\(manifest.contentDigest)/files/\(digest)"
        let sum = String(digest.dropFirst("sha256:".count))
        return try await Interleaved(pairs: pairs).run(
            {
                // The first is the first of its pair or comes after it: what was fetched before is not there any more.
                try? await warehouse.remove(image)
                try await fetch(to: taker)
            },
            {
                unlink(file)
                try ChildProcess.run("/bin/sh", ["-c", peer, "sh", url, file, sum])
            }
        )
    }

    private static func fetch(to taker: String) async throws {
        let client = ImageClient(url: taker, http: .shared)
        while true {
            let transfer = try await client.fetch(image, replace: false).first
            switch transfer?.state {
            case .present: return
            case .failed: throw BenchmarkFailure(transfer?.problem ?? "the image was not fetched")
            default: try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Noise: no part of it is a hole, or like another.
    private static func publish(in folder: ScratchFolder) async throws -> ImageManifest {
        let disk = folder("big.raw")
        var random = SeededGenerator(seed: 5)
        let file = open(disk, O_WRONLY | O_CREAT | O_EXCL, 0o644)
        guard file >= 0 else { throw BenchmarkFailure("cannot make \(disk): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        for place in 0..<(size >> 20) {
            let words = (0..<(1 << 17)).map { _ in random.next() }
            let written = words.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, place << 20) }
            guard written == 1 << 20 else { throw BenchmarkFailure("cannot fill \(disk)") }
        }
        let draft = ImageDraft(
            name: image,
            disk: disk,
            format: .raw,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            operatingSystem: "linux",
            guest: .runner
        )
        return try await Warehouse(directory: folder("owner-images")).publish(draft)
    }
}
