public import DAGModel
public import FoundationEssentials

/// What the warehouse knows of an image: the content of its `manifest.json`.
///
/// Reading is strict: unknown fields, missing ones and values out of bounds make an image unusable, with the reason.
public struct ImageManifest: Sendable, Hashable {
    /// The version of the manifest's form that this code reads and writes.
    public static let currentFormatVersion = 1

    /// The form of the manifest; 1.
    public let formatVersion: Int
    /// The image's unique name, `[a-z0-9][a-z0-9._-]{0,62}`.
    public let name: String
    /// The image's disk.
    public let disk: DiskFile
    /// The kernel to start directly, for an image without a boot loader.
    public let boot: ImageBoot?
    /// What the image needs and what it was made for.
    public let hardware: ImageHardware
    /// The operating system, "linux" or more precisely "linux-debian-12"; nothing when it was not stated.
    public let operatingSystem: String?
    /// How the guest runner gets into a machine made from this image.
    public let guest: GuestKind
    /// The actions that made the image, in the order in which they were done.
    public let history: [PerformedAction]
    /// When the image was published, to the second.
    public let published: Date
    /// A sentence for people.
    public let description: String?
    /// The version of an image that it was made from; nothing when somebody published files.
    public internal(set) var parent: ImageReference?
    /// Where it came from; nothing in manifests older than this field, which installers published.
    public internal(set) var origin: ImageOrigin?
    /// The memory of a running machine that was saved with the disk; nothing for an image that is booted.
    public internal(set) var memory: MemoryState?

    /// Whether one of its files is, or is in, what has this name beside the manifest.
    func usesFolder(_ name: String) -> Bool {
        let files = [self.boot?.kernel, self.boot?.initrd, self.memory?.state, self.memory?.ram]
        let paths = [self.disk.path] + files.compactMap { $0?.path }
        return paths.contains { $0.utf8.split(separator: UInt8(ascii: "/")).first?.elementsEqual(name.utf8) == true }
    }

    /// The keys of the history, in order: what a request's graph is matched against.
    public var historyKeys: [ActionKey] { self.history.map(\.key) }
}

extension ImageManifest: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case formatVersion, name, disk, boot, hardware, operatingSystem, guest, history, published, description
        case parent, origin, memory
    }

    /// Reads a manifest; a field of another name than the known ones is an error.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.formatVersion = try fields.decode(Int.self, forKey: .formatVersion)
        self.name = try fields.decode(String.self, forKey: .name)
        self.disk = try fields.decode(DiskFile.self, forKey: .disk)
        self.boot = try fields.decodeIfPresent(ImageBoot.self, forKey: .boot)
        self.hardware = try fields.decode(ImageHardware.self, forKey: .hardware)
        self.operatingSystem = try fields.decodeIfPresent(String.self, forKey: .operatingSystem)
        self.guest = try fields.decode(GuestKind.self, forKey: .guest)
        self.history = try fields.decode([PerformedAction].self, forKey: .history)
        self.published = try fields.decode(Date.self, forKey: .published)
        self.description = try fields.decodeIfPresent(String.self, forKey: .description)
        self.parent = try fields.decodeIfPresent(ImageReference.self, forKey: .parent)
        self.origin = try fields.decodeIfPresent(ImageOrigin.self, forKey: .origin)
        self.memory = try fields.decodeIfPresent(MemoryState.self, forKey: .memory)
    }
}
