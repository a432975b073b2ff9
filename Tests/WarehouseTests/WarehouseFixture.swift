import DAGModel
import FoundationEssentials
import Testing

@testable import Warehouse

/// A warehouse in a temporary folder, and files to publish.
struct WarehouseFixture {
    let folder: TemporaryFolder
    let warehouse: Warehouse

    init(inUse: @escaping Warehouse.UseCheck = { _ in [] }) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        self.warehouse = try Warehouse(
            directory: folder("warehouse"),
            allowedRoots: [folder("others")],
            inUse: inUse
        )
    }

    /// A draft whose disk is `size` bytes of `fill`.
    func draft(
        _ name: String,
        fill: UInt8 = 1,
        size: Int = 1 << 20,
        history: [String] = [],
        boot: Bool = false
    ) throws -> ImageDraft {
        let disk = try self.folder.write([UInt8](repeating: fill, count: size), to: "drafts/\(name)-\(fill).raw")
        var kernel: ImageDraft.Boot?
        if boot {
            kernel = ImageDraft.Boot(
                kernel: try self.folder.write("kernel", to: "drafts/vmlinuz"),
                initrd: try self.folder.write("initrd", to: "drafts/initrd.img"),
                commandLine: "console=ttyS0"
            )
        }
        return ImageDraft(
            name: name,
            disk: disk,
            format: .raw,
            boot: kernel,
            hardware: ImageHardware(minimumMemory: ByteCount("64MiB"), architecture: "x86_64"),
            operatingSystem: "linux-debian-12",
            guest: .runner,
            history: try history.map(Self.performed),
            published: Date(timeIntervalSince1970: 1_700_000_000),
            description: "a test's image"
        )
    }

    /// What an image is made of that stands on no other.
    static let roles: [ImageFileRole] = [.disk, .kernel, .initrd]

    /// The action that scripts `name`.
    static func action(_ name: String) -> Action {
        Action(id: name, site: .guest, operation: .script("echo \(name)"))
    }

    static func performed(_ name: String) throws -> PerformedAction {
        PerformedAction(key: Self.action(name).key, action: name, operation: nil, outputs: ["of": name])
    }

    /// The path of a file of a published image.
    func file(_ role: ImageFileRole, of image: String) async throws -> String {
        try #require(try await self.warehouse.image(named: image).files().first { $0.role == role }).path.description
    }

    /// Changes one bit in the middle of a file; its size stays.
    static func damage(_ path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// What is in the folder of images, hidden folders of unfinished work too.
    func images() throws -> [String] {
        try self.folder.list("warehouse/images").filter { $0 != ".locks" && $0 != ".changes" }
    }
}
